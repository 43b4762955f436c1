// One agent, edited: its prompt, its settings, its versions. What is saved is live with the next call.
import { ChevronLeft, CircleX, Trash2 } from 'lucide-react'
import { useEffect, useMemo, useRef, useState } from 'react'
import { useForm } from 'react-hook-form'
import { useLocation } from 'wouter'
import type { Agent, AgentVersion } from '../../../../shared/contract/agents.ts'
import type { Problem } from '../../../../shared/errors.ts'
import { Icon } from '../../components/icon.tsx'
import { ReadOnly } from '../../components/standing.tsx'
import { tell } from '../../components/toast.tsx'
import { useActions, useConsoleState } from '../../lib/console-context.tsx'
import { useKeys } from '../../lib/keyboard.ts'
import { useIsMissed } from '../../lib/slow.ts'
import { problemWords } from '../../lib/wording.ts'
import { useWorkDraft } from '../../lib/work-draft.ts'
import { isLost, may } from '../../store/selectors.ts'
import { createAgentActions } from './agent-actions.ts'
import type { AgentDraft } from './agent-draft.ts'
import { changedFields, checkDraft, draftOfAgent, draftOfVersion, fieldErrors, sameDraft } from './agent-draft.ts'
import { useAgentLimit } from './agent-limit.ts'
import { AgentPrompt } from './agent-prompt.tsx'
import { AgentSettings } from './agent-settings.tsx'
import { AgentState, DraftWord } from './agent-state.tsx'
import { AgentVersions } from './agent-versions.tsx'
import { DeleteAgentDialog } from './delete-agent.tsx'
import { followsWords, numbersOf } from './numbers-of.ts'

/** What is kept of a form while one looks at another screen. */
export interface KeptForm {
  /** What it was read from; null for a new agent. */
  base: Agent | null
  values: AgentDraft
}

/** The place of a form among the drafts. @source ours */
export const placeOfForm = (agent_id: string | null, copy_of: string | null): string =>
  agent_id ? `agents/${agent_id}` : `agents/new/${copy_of ?? ''}`

export function AgentForm({ agent, source }: { agent: Agent | null; source: Agent | null }) {
  const actions = useActions(createAgentActions)
  const [, navigate] = useLocation()
  const can_save = useConsoleState(may(agent ? 'agents.update' : 'agents.create'))
  const can_delete = useConsoleState(may('agents.delete'))
  const is_lost = useConsoleState(isLost)
  const business = useConsoleState((state) => state.tenant?.business_context ?? null)
  const assigned = useConsoleState((state) => state.numbers)
  const [kept, keep] = useWorkDraft<KeptForm>(placeOfForm(agent?.id ?? null, source?.id ?? null))
  const [base, setBase] = useState(kept ? kept.base : agent)
  // What stands by now, where the form may still be about the version it was read from.
  const newest = agent && base && agent.version < base.version ? base : (agent ?? base)
  const start = useMemo(() => draftOfAgent(base ?? source, base === null), [base, source])
  const form = useForm<AgentDraft>({ defaultValues: kept?.values ?? start })
  const [problem, setProblem] = useState<Problem | null>(null)
  const [was_tried, setTried] = useState(false)
  const [is_deleting, setDeleting] = useState(false)
  const draft = form.watch()
  const checked = checkDraft(draft, business)
  const is_touched = !sameDraft(draft, start)
  const is_missed = useIsMissed(form.formState.isSubmitting)
  const is_here = useRef(true)
  const errors = {
    ...(problem ? fieldErrors(problem) : {}),
    ...(!checked.ok && was_tried ? checked.errors : {}),
  }
  const is_changed = !base || (checked.ok ? Object.keys(changedFields(base, checked.fields)).length > 0 : true)
  // The version being saved may come as an event before its answer: that is no other's.
  const moved_on = base && newest && newest.version > base.version && !form.formState.isSubmitting
  const can_send = is_changed && !moved_on
  const next_version = ((moved_on ? newest : base)?.version ?? 0) + 1
  const is_read_only = !can_save
  const limit = useAgentLimit()
  const is_full = agent === null && base === null && can_save && limit.left === 0

  const startFrom = (next: Agent | null) => {
    setBase(next)
    form.reset(next ? draftOfAgent(next) : start)
    setProblem(null)
    setTried(false)
    keep(null)
  }
  const discard = () => {
    const before = form.getValues()
    startFrom(newest)
    tell('Changes discarded', undefined, {
      word: 'Undo',
      run: () => {
        if (!is_here.current) return keep({ base, values: before })
        // What was written was about that version: whether another came since is said again.
        setBase(base)
        form.reset(before, { keepDefaultValues: true })
      },
    })
  }
  const restore = (version: AgentVersion) => {
    if (!base) return
    const before = form.getValues()
    const write = (next: AgentDraft) => form.reset(next, { keepDefaultValues: true })
    write(draftOfVersion(base, version))
    tell(`v${version.version} is in the form`, 'Nothing is live until you save.', {
      word: 'Undo',
      run: () => write(before),
    })
  }
  // biome-ignore lint/correctness/useExhaustiveDependencies: an untouched draft follows what others saved
  useEffect(() => {
    if (moved_on && !is_touched) startFrom(newest)
  }, [moved_on, newest?.version, is_touched])
  // Kept with every letter: who leaves the screen finds it as it was.
  useEffect(() => {
    if (!is_touched) keep(null)
    else if (kept?.base !== base || !sameDraft(kept.values, draft)) keep({ base, values: { ...draft } })
  })
  useEffect(() => {
    is_here.current = true
    return () => {
      is_here.current = false
    }
  }, [])

  const save = form.handleSubmit(async (values) => {
    setTried(true)
    const now_checked = checkDraft(values, business)
    if (!now_checked.ok || is_read_only || is_lost || moved_on || is_full) return
    const note = values.note.trim() ? { note: values.note.trim() } : {}
    const reply = base
      ? await actions.change(base.id, {
          ...changedFields(base, now_checked.fields),
          expected_version: base.version,
          ...note,
        })
      : await actions.create({ ...now_checked.fields, phone_numbers: [] })
    if (!reply.ok) return setProblem(reply.problem)
    const saved = reply.value
    tell(
      base ? `${saved.name} saved as v${saved.version}` : `${saved.name} made`,
      followsWords(saved, numbersOf(saved, assigned)),
    )
    if (is_here.current && base && !sameDraft(form.getValues(), values)) return setBase(saved)
    startFrom(saved)
    if (is_here.current && !base) navigate(`/agents/${saved.id}`)
  })
  useKeys({ 'ctrl+enter': () => void save() })

  return (
    <>
      <form className="ed-form" onSubmit={save} noValidate>
        <div className="page-h">
          <button
            type="button"
            className="icon-btn back"
            aria-label="Back to Agents"
            onClick={() => navigate('/agents')}
          >
            <Icon of={ChevronLeft} />
          </button>
          <h1 className="trunc">{draft.name || 'New agent'}</h1>
          {newest && <AgentState agent={newest} version={newest.version} />}
          {is_missed ? (
            <span className="xs text-att-2" role="status">
              Saving {base ? `v${base.version + 1}` : 'the agent'}…, no answer yet
            </span>
          ) : (
            is_touched && can_save && <DraftWord />
          )}
          <span className="grow" />
          {moved_on && is_touched && (
            <span className="row tight xs text-att-2">
              v{newest.version} was saved meanwhile.
              <button type="button" className="btn sm" onClick={() => startFrom(newest)}>
                Take v{newest.version}
              </button>
            </span>
          )}
          {base && can_delete && (
            <button type="button" className="btn quiet" disabled={is_lost} onClick={() => setDeleting(true)}>
              <Icon of={Trash2} className="s" />
              Delete
            </button>
          )}
          {can_save && is_touched && (
            <button type="button" className="btn quiet" disabled={form.formState.isSubmitting} onClick={discard}>
              Discard
            </button>
          )}
          {can_save && (
            <>
              {base && (
                <label className="field note">
                  <span className="dim">What changed</span>
                  <input className="bare" maxLength={500} {...form.register('note')} />
                </label>
              )}
              <button
                type="submit"
                className={`btn ${can_send && !is_full ? 'primary' : ''}`}
                disabled={!can_send || is_lost || is_full || form.formState.isSubmitting}
              >
                {base ? `Save v${next_version}` : 'Make agent'} <kbd>Ctrl</kbd>
                <kbd>↵</kbd>
              </button>
            </>
          )}
        </div>
        {is_read_only && (
          <div className="ro-line">
            <ReadOnly fact="You can read this agent.">Changing it needs the agent manager role.</ReadOnly>
          </div>
        )}
        {is_full && (
          <div className="ro-line">
            <ReadOnly fact={limit.fact}>{limit.more}</ReadOnly>
          </div>
        )}
        {problem && Object.keys(fieldErrors(problem)).length === 0 && (
          <p className="form-problem" role="alert">
            <Icon of={CircleX} className="s" /> Not saved. {problemWords(problem)}
          </p>
        )}
        <div className="ed">
          <AgentPrompt form={form} draft={draft} is_read_only={is_read_only} error={errors.system_prompt} />
          <AgentSettings
            form={form}
            errors={errors}
            is_read_only={is_read_only}
            numbers={newest ? numbersOf(newest, assigned) : []}
          />
          {newest ? <AgentVersions agent={newest} onRestore={is_read_only ? null : restore} /> : <NoVersions />}
        </div>
      </form>
      {is_deleting && newest && (
        <DeleteAgentDialog agent={newest} onClose={() => setDeleting(false)} onDeleted={() => navigate('/agents')} />
      )}
    </>
  )
}

function NoVersions() {
  return (
    <section className="col" aria-label="Versions">
      <div className="col-h">
        <h2>Versions</h2>
      </div>
      <p className="none">The first version is made when you save.</p>
    </section>
  )
}
