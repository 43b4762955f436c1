// One agent: its prompt, its settings, its versions. What is saved is live with the next call.
import { ChevronLeft, CircleX, Trash2 } from 'lucide-react'
import type { ReactNode } from 'react'
import { lazy, Suspense, useEffect, useMemo, useState } from 'react'
import { Controller, useForm } from 'react-hook-form'
import { useLocation } from 'wouter'
import type { Agent } from '../../../../shared/contract/agents.ts'
import { AGENT_TYPES, VOICES } from '../../../../shared/contract/agents.ts'
import type { Problem } from '../../../../shared/errors.ts'
import { TYPE_WORDS } from '../../components/agent-type.tsx'
import { Dialog, DialogActs } from '../../components/dialog.tsx'
import { Input, Labelled, Select } from '../../components/field.tsx'
import { Icon } from '../../components/icon.tsx'
import { LayerLegend } from '../../components/layer-chip.tsx'
import { Empty, Failed, Loading, ReadOnly } from '../../components/standing.tsx'
import { tell, tellRefused } from '../../components/toast.tsx'
import { useActions, useConsoleState } from '../../lib/console-context.tsx'
import { formatCount } from '../../lib/format.ts'
import { readJson } from '../../lib/json-place.ts'
import { useKeys } from '../../lib/keyboard.ts'
import { problemWords } from '../../lib/wording.ts'
import { isLost, may } from '../../store/selectors.ts'
import { createAgentActions } from './agent-actions.ts'
import type { AgentDraft, FieldName } from './agent-draft.ts'
import { changedFields, checkDraft, contextOfDraft, draftOfAgent, fieldErrors } from './agent-draft.ts'
import { AgentVersions } from './agent-versions.tsx'
import { AgentState } from './agents-page.tsx'
import { placeholdersIn, unfilled } from './placeholders.ts'

const CodeEditor = lazy(() => import('../../components/code-editor.tsx'))
const PromptEditor = lazy(() => import('../../components/prompt-editor.tsx'))

export function AgentEditorPage({
  agent_id,
  copy_of,
  lostBar,
}: {
  /** Null for a new agent. */
  agent_id: string | null
  copy_of: string | null
  lostBar: ReactNode
}) {
  const [, navigate] = useLocation()
  const actions = useActions(createAgentActions)
  const agent = useConsoleState((state) => (agent_id ? state.agents[agent_id] : undefined))
  const source = useConsoleState((state) => (copy_of ? state.agents[copy_of] : undefined))
  const reading = useConsoleState((state) => state.agents_reading)
  if (reading.state === 'failed') {
    return (
      <main className="page">
        {lostBar}
        <Failed what="The agent" problem={reading.problem} onRetry={actions.readAgain} />
      </main>
    )
  }
  if (reading.state === 'waiting') {
    return (
      <main className="page">
        {lostBar}
        <Loading what="the agent" rows={5} />
      </main>
    )
  }
  if (agent_id && !agent) {
    return (
      <main className="page">
        {lostBar}
        <Empty
          icon={CircleX}
          fact="There is no such agent"
          act={
            <button type="button" className="btn" onClick={() => navigate('/agents')}>
              Show all agents
            </button>
          }
        >
          It may have been deleted.
        </Empty>
      </main>
    )
  }
  return <AgentForm key={agent_id ?? 'new'} agent={agent ?? null} source={source ?? null} lostBar={lostBar} />
}

function AgentForm({ agent, source, lostBar }: { agent: Agent | null; source: Agent | null; lostBar: ReactNode }) {
  const actions = useActions(createAgentActions)
  const [, navigate] = useLocation()
  const can_save = useConsoleState(may(agent ? 'agents.update' : 'agents.create'))
  const can_delete = useConsoleState(may('agents.delete'))
  const is_lost = useConsoleState(isLost)
  const [base, setBase] = useState(agent)
  const form = useForm<AgentDraft>({ defaultValues: draftOfAgent(agent ?? source, agent === null) })
  const [problem, setProblem] = useState<Problem | null>(null)
  const [was_tried, setTried] = useState(false)
  const [is_deleting, setDeleting] = useState(false)
  const draft = form.watch()
  const checked = checkDraft(draft)
  const errors = {
    ...(problem ? fieldErrors(problem) : {}),
    ...(!checked.ok && was_tried ? checked.errors : {}),
  }
  const is_changed = !base || (checked.ok ? Object.keys(changedFields(base, checked.fields)).length > 0 : true)
  const moved_on = base && agent && agent.version !== base.version && is_changed
  const is_read_only = !can_save

  const startFrom = (next: Agent) => {
    setBase(next)
    form.reset(draftOfAgent(next))
    setProblem(null)
  }
  // biome-ignore lint/correctness/useExhaustiveDependencies: an untouched draft follows what others saved
  useEffect(() => {
    if (agent && base && agent.version !== base.version && !form.formState.isDirty) startFrom(agent)
  }, [agent?.version])

  const save = form.handleSubmit(async (values) => {
    setTried(true)
    const now_checked = checkDraft(values)
    if (!now_checked.ok || is_read_only || is_lost) return
    const note = values.note.trim() ? { note: values.note.trim() } : {}
    const reply = base
      ? await actions.change(base.id, {
          ...changedFields(base, now_checked.fields),
          expected_version: base.version,
          ...note,
        })
      : await actions.create({ ...now_checked.fields, phone_numbers: [] })
    if (!reply.ok) return setProblem(reply.problem)
    setTried(false)
    tell(
      base ? `${reply.value.name} saved as v${reply.value.version}` : `${reply.value.name} made`,
      'The next call follows.',
    )
    startFrom(reply.value)
    if (!base) navigate(`/agents/${reply.value.id}`)
  })
  useKeys({ 'ctrl+enter': () => void save() })

  return (
    <main className="page">
      {lostBar}
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
          {base && (
            <>
              <AgentState agent={base} />
              <span className="dim xs num">v{base.version}</span>
            </>
          )}
          <span className="grow" />
          {moved_on && (
            <span className="row tight xs text-att-2">
              v{agent.version} was saved meanwhile.
              <button type="button" className="btn sm" onClick={() => startFrom(agent)}>
                Take v{agent.version}
              </button>
            </span>
          )}
          {base && can_delete && (
            <button type="button" className="btn quiet" disabled={is_lost} onClick={() => setDeleting(true)}>
              <Icon of={Trash2} className="s" />
              Delete
            </button>
          )}
          {can_save && (
            <>
              {base && (
                <Input
                  className="note"
                  aria-label="What changed"
                  placeholder="What changed"
                  {...form.register('note')}
                />
              )}
              <button
                type="submit"
                className={`btn ${is_changed ? 'primary' : ''}`}
                disabled={!is_changed || is_lost || form.formState.isSubmitting}
              >
                {base ? `Save v${base.version + 1}` : 'Make agent'} <kbd>Ctrl</kbd>
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
        {problem && Object.keys(fieldErrors(problem)).length === 0 && (
          <p className="form-problem" role="alert">
            <Icon of={CircleX} className="s" /> Not saved. {problemWords(problem)}
          </p>
        )}
        <div className="ed">
          <Prompt form={form} draft={draft} is_read_only={is_read_only} error={errors.system_prompt} />
          <Settings form={form} errors={errors} is_read_only={is_read_only} numbers={base?.phone_numbers ?? []} />
          {base ? <AgentVersions agent={base} /> : <NoVersions />}
        </div>
      </form>
      {is_deleting && base && (
        <DeleteDialog agent={base} onClose={() => setDeleting(false)} onDeleted={() => navigate('/agents')} />
      )}
    </main>
  )
}

type Form = ReturnType<typeof useForm<AgentDraft>>

function Prompt({
  form,
  draft,
  is_read_only,
  error,
}: {
  form: Form
  draft: AgentDraft
  is_read_only: boolean
  error: string | undefined
}) {
  const business = useConsoleState((state) => state.tenant?.business_context)
  const context_data = draft.context_data
  const tint = useMemo(() => {
    const own = contextOfDraft({ context_data })
    return (text: string) =>
      placeholdersIn(text, business ?? {}, own).map(({ from, to, layer }) => ({
        from,
        to,
        tone: layer === null ? 'call' : layer === 'business' ? 'business' : '',
      }))
  }, [business, context_data])
  const only_call = useMemo(
    () => unfilled(placeholdersIn(draft.system_prompt, business ?? {}, contextOfDraft({ context_data }))),
    [draft.system_prompt, business, context_data],
  )
  return (
    <section className="col" aria-label="Prompt">
      <div className="col-h">
        <h2>Prompt</h2>
        <span className="xs dim num">{formatCount(draft.system_prompt.length)} characters</span>
        <span className="grow" />
        <LayerLegend />
      </div>
      <div className="prompt-pane">
        <Suspense fallback={<div className="prompt">{draft.system_prompt}</div>}>
          <Controller
            control={form.control}
            name="system_prompt"
            render={({ field }) => (
              <PromptEditor
                value={field.value}
                onChange={field.onChange}
                label="Prompt"
                tint={tint}
                is_read_only={is_read_only}
                described_by="prompt-says"
              />
            )}
          />
        </Suspense>
      </div>
      <div id="prompt-says">
        {error && (
          <p className="prompt-foot bad" role="alert">
            <Icon of={CircleX} className="s" /> {error}
          </p>
        )}
        {only_call.length > 0 && (
          <p className="prompt-foot">
            <span>
              <b className="m text-you">{only_call.map((name) => `{${name}}`).join(', ')}</b>{' '}
              <span className="ink2">
                {only_call.length === 1 ? 'is' : 'are'} in no context of the tenant or the agent: only a call can fill{' '}
                {only_call.length === 1 ? 'it' : 'them'}.
              </span>
            </span>
          </p>
        )}
      </div>
    </section>
  )
}

function Settings({
  form,
  errors,
  is_read_only,
  numbers,
}: {
  form: Form
  errors: Partial<Record<FieldName, string>>
  is_read_only: boolean
  numbers: readonly string[]
}) {
  const context_text = form.watch('context_data')
  const problems = useMemo(() => {
    const reading = readJson(context_text)
    return reading.ok ? [] : [reading.error]
  }, [context_text])
  return (
    <section className="col" aria-label="Settings">
      <div className="col-h">
        <h2>Settings</h2>
      </div>
      <fieldset className="form col-scroll" disabled={is_read_only} aria-label="Settings">
        <Labelled label="Name" error={errors.name}>
          {(ids) => <Input {...ids} maxLength={120} {...form.register('name')} />}
        </Labelled>
        <div className="two">
          <Labelled label="Type" error={errors.type}>
            {(ids) => (
              <Select {...ids} disabled={is_read_only} {...form.register('type')} value={form.watch('type')}>
                {AGENT_TYPES.map((type) => (
                  <option key={type} value={type}>
                    {TYPE_WORDS[type]}
                  </option>
                ))}
              </Select>
            )}
          </Labelled>
          <Labelled label="Voice" error={errors.voice}>
            {(ids) => (
              <Select {...ids} disabled={is_read_only} {...form.register('voice')} value={form.watch('voice')}>
                {VOICES.map((voice) => (
                  <option key={voice} value={voice}>
                    {voice}
                  </option>
                ))}
              </Select>
            )}
          </Labelled>
        </div>
        <Labelled label="Greeting" error={errors.greeting_message} help="Empty: the agent waits for the caller.">
          {(ids) => (
            <textarea {...ids} className="field" rows={2} maxLength={1000} {...form.register('greeting_message')} />
          )}
        </Labelled>
        <Labelled label="Longest call, minutes" error={errors.max_call_duration}>
          {(ids) => <Input {...ids} inputMode="decimal" {...form.register('max_call_minutes')} />}
        </Labelled>
        <div>
          <p className="label">Agent’s context</p>
          <div className={`code-box ${errors.context_data ? 'bad' : ''}`}>
            <Suspense fallback={<pre className="code-plain">{context_text}</pre>}>
              <Controller
                control={form.control}
                name="context_data"
                render={({ field }) => (
                  <CodeEditor
                    value={field.value}
                    onChange={field.onChange}
                    label="Agent’s context, JSON"
                    problems={problems}
                    is_read_only={is_read_only}
                    described_by="agent-context-says"
                  />
                )}
              />
            </Suspense>
          </div>
          <p
            className={`help ${errors.context_data || problems.length > 0 ? 'bad' : ''}`}
            id="agent-context-says"
            role={errors.context_data ? 'alert' : undefined}
          >
            {errors.context_data ??
              problems[0]?.says ??
              'Fills the prompt’s placeholders. escalation_rules { keywords, target } is acted on.'}
          </p>
        </div>
        <div>
          <p className="label">Numbers</p>
          <p className="xs ink2">
            {numbers.length === 0 ? 'None yet.' : `${numbers.length} assigned.`}{' '}
            <a className="underline" href="#/numbers">
              Assign numbers
            </a>
          </p>
        </div>
      </fieldset>
    </section>
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

function DeleteDialog({ agent, onClose, onDeleted }: { agent: Agent; onClose: () => void; onDeleted: () => void }) {
  const actions = useActions(createAgentActions)
  const [is_sending, setSending] = useState(false)
  const remove = async () => {
    setSending(true)
    const reply = await actions.remove(agent.id)
    onClose()
    if (!reply.ok) return tellRefused(`${agent.name} was not deleted`, reply.problem)
    tell(`${agent.name} deleted`, 'Its numbers are unassigned. Its calls stay.')
    onDeleted()
  }
  return (
    <Dialog
      title={`Delete ${agent.name}?`}
      says="Its numbers become unassigned and its next callers are refused. Its calls and figures stay. This cannot be undone."
      onClose={onClose}
    >
      <DialogActs>
        <button type="button" className="btn" onClick={onClose}>
          Keep the agent
        </button>
        <button type="button" className="btn danger solid" disabled={is_sending} onClick={remove}>
          Delete agent
        </button>
      </DialogActs>
    </Dialog>
  )
}
