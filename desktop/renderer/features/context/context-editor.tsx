// The override of a call: its layer as JSON, a reason, one button. What is wrong is marked at its place; what somebody
// else changed meanwhile is merged, never overwritten.
import { lazy, Suspense, useEffect, useMemo, useState } from 'react'
import type { Problem } from '../../../../shared/errors.ts'
import type { JsonObject } from '../../../../shared/primitives.ts'
import { useActions } from '../../lib/console-context.tsx'
import { problemWords } from '../../lib/wording.ts'
import { writeJson } from '../../lib/write-json.ts'
import { createContextActions } from './context-actions.ts'
import type { ContextOfCall } from './context-of-call.ts'
import { applyPatch, mergePatch } from './layers.ts'
import type { DraftProblem } from './override-draft.ts'
import { readDraft, refusedAt } from './override-draft.ts'

const CodeEditor = lazy(() => import('../../components/code-editor.tsx'))

interface Base {
  context: JsonObject
  version: number
}

export function ContextEditor({
  call_sid,
  context,
  refused,
  has_focus,
}: {
  call_sid: string
  context: ContextOfCall
  /** Why nothing can be applied now; null when it can. */
  refused: string | null
  has_focus: boolean
}) {
  const actions = useActions(createContextActions)
  const [base, setBase] = useState<Base>({ context: context.newest, version: context.newest_version })
  const [text, setText] = useState(() => writeJson(context.newest))
  const [reason, setReason] = useState('')
  const [speak_now, setSpeakNow] = useState(false)
  const [is_sending, setSending] = useState(false)
  const [problem, setProblem] = useState<Problem | null>(null)
  const draft = useMemo(() => readDraft(text), [text])
  const is_changed = text !== writeJson(base.context)
  const moved_on = context.newest_version !== base.version

  const startFrom = (next: Base) => {
    setBase(next)
    setText(writeJson(next.context))
    setProblem(null)
  }
  // Nobody's draft is lost: only an untouched one follows what others applied.
  // biome-ignore lint/correctness/useExhaustiveDependencies: runs when a newer version is known
  useEffect(() => {
    if (moved_on && !is_changed) startFrom({ context: context.newest, version: context.newest_version })
  }, [context.newest_version])

  const can_apply = draft.ok && is_changed && !is_sending && refused === null && !moved_on
  const apply = async () => {
    if (!can_apply || !draft.ok) return
    setSending(true)
    const reply = await actions.override(call_sid, {
      context: draft.context,
      reason,
      expected_version: base.version,
      speak_now,
    })
    setSending(false)
    if (reply.ok) {
      startFrom({ context: reply.value.context_data, version: reply.value.version })
      setReason('')
      setSpeakNow(false)
      return
    }
    setProblem(reply.problem)
    if (reply.problem.code === 'VERSION_CONFLICT') await actions.readVersions(call_sid)
  }
  const merge = () => {
    if (!draft.ok) return
    const merged = applyPatch(context.newest, mergePatch(base.context, draft.context))
    setBase({ context: context.newest, version: context.newest_version })
    setText(writeJson(merged))
    setProblem(null)
  }
  const problems = useMemo(() => faults(text, draft, problem), [text, draft, problem])
  const is_waiting = context.pending !== null && !is_changed
  return (
    <section aria-label="Override of this call">
      <div className="col-h">
        <h2>Override of this call</h2>
        <span className="xs dim">JSON, based on v{base.version}</span>
      </div>
      <div className="editor-frame">
        <Suspense fallback={<pre className="code-plain">{text}</pre>}>
          <CodeEditor
            value={text}
            onChange={(next) => {
              setText(next)
              setProblem(null)
            }}
            label="Override of this call, JSON"
            baseline={writeJson(context.in_force)}
            problems={problems}
            is_read_only={refused !== null}
            onSubmit={() => void apply()}
            has_focus={has_focus}
            described_by="override-says"
          />
        </Suspense>
      </div>
      <div id="override-says">
        {problems.map((each) => (
          <p key={`${each.from}${each.says}`} className="help bad editor-says" role="alert">
            Line {lineOf(text, each.from)}: {each.says}
          </p>
        ))}
        {problem && problem.code !== 'VERSION_CONFLICT' && problems.length === 0 && (
          <p className="help bad editor-says" role="alert">
            Not applied. {problemWords(problem)}
          </p>
        )}
      </div>
      {moved_on && is_changed && (
        <p className="editor-conflict" role="alert">
          <span>
            {context.versions[0]?.updated_by.name ?? 'Somebody'} set v{context.newest_version} while you edited v
            {base.version}.
          </span>
          <button type="button" className="btn sm" disabled={!draft.ok} onClick={merge}>
            Merge
          </button>
          <button
            type="button"
            className="btn sm quiet"
            onClick={() => startFrom({ context: context.newest, version: context.newest_version })}
          >
            Take v{context.newest_version}
          </button>
        </p>
      )}
      <form
        className="editor-apply"
        onSubmit={(event) => {
          event.preventDefault()
          void apply()
        }}
      >
        <input
          className="field sm"
          aria-label="Reason"
          placeholder="Reason, kept with the version"
          value={reason}
          maxLength={500}
          disabled={refused !== null}
          onChange={(event) => setReason(event.target.value)}
          onKeyDown={(event) => {
            if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) void apply()
          }}
        />
        <button type="submit" className={`btn sm ${can_apply ? 'primary' : ''}`} disabled={!can_apply}>
          {is_sending || is_waiting ? 'Applying…' : 'Apply'}
        </button>
        {is_changed && refused === null && (
          <label className="editor-now">
            <input type="checkbox" checked={speak_now} onChange={(event) => setSpeakNow(event.target.checked)} />
            The agent speaks at once, not at its next turn
          </label>
        )}
        {refused !== null && <p className="help editor-now">{refused}</p>}
      </form>
    </section>
  )
}

function faults(text: string, draft: ReturnType<typeof readDraft>, problem: Problem | null): DraftProblem[] {
  if (!draft.ok) return draft.problems
  return problem ? refusedAt(text, problem) : []
}

function lineOf(text: string, at: number): number {
  return text.slice(0, at).split('\n').length
}
