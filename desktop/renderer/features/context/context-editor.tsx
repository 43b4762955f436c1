// The override of a call: its layer as JSON, a reason, one button. What is wrong is marked at its place; what it would
// change is said before it is sent; what somebody else changed meanwhile is merged, never overwritten.
import { lazy, Suspense, useEffect, useRef } from 'react'
import { useConsoleState } from '../../lib/console-context.tsx'
import { problemWords } from '../../lib/wording.ts'
import { writeJson } from '../../lib/write-json.ts'
import { selectMe } from '../../store/selectors.ts'
import { Changes } from './changes.tsx'
import type { ContextOfCall } from './context-of-call.ts'
import { diffOf } from './layers.ts'
import type { Overriding } from './use-override.ts'
import { useOverride } from './use-override.ts'

const CodeEditor = lazy(() => import('../../components/code-editor.tsx'))

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
  const is_over = useConsoleState((state) => state.calls[call_sid]?.ended_at !== null)
  const override = useOverride(call_sid, context, refused !== null, is_over)
  const { text, problems } = override
  // Where the call is one long column, the editor may lie below what is seen.
  const frame = useRef<HTMLDivElement>(null)
  useEffect(() => {
    if (has_focus) frame.current?.scrollIntoView({ block: 'nearest' })
  }, [has_focus])
  return (
    <section aria-label="Override of this call">
      <div className="col-h">
        <h2>Override of this call</h2>
        <span className="xs dim">
          {override.base.version === 0 ? 'JSON, none so far' : `JSON, based on v${override.base.version}`}
        </span>
        <span className="grow" />
        {override.is_changed && refused === null && !override.is_sending && (
          <button type="button" className="btn sm quiet" onClick={override.discard}>
            Discard
          </button>
        )}
      </div>
      <div className="editor-frame" ref={frame}>
        <Suspense fallback={<pre className="code-plain">{text}</pre>}>
          <CodeEditor
            value={text}
            onChange={override.write}
            label="Override of this call, JSON"
            baseline={writeJson(context.in_force)}
            problems={problems}
            is_read_only={refused !== null}
            onSubmit={() => void override.apply()}
            has_focus={has_focus}
            described_by="override-says"
          />
        </Suspense>
      </div>
      <Says override={override} context={context} />
      <ApplyForm override={override} context={context} refused={refused} />
    </section>
  )
}

function Says({ override, context }: { override: Overriding; context: ContextOfCall }) {
  const self_id = useConsoleState((state) => selectMe(state)?.user.id)
  const { text, draft, problem, problems, base } = override
  const changes = draft.ok && override.is_changed ? diffOf(base.context, draft.context) : []
  return (
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
      {changes.length > 0 && (
        <p className="help editor-says editor-will">
          Will change
          <span className="mono">
            <Changes diff={changes} />
          </span>
        </p>
      )}
      {override.moved_on && override.is_changed && (
        <div className="editor-conflict" role="alert">
          <p>{conflictWords(context, base.version, self_id)}</p>
          <button type="button" className="btn sm" disabled={!draft.ok} onClick={override.merge}>
            Merge
          </button>
          <button type="button" className="btn sm quiet" onClick={override.takeNewest}>
            Take v{context.newest_version}
          </button>
        </div>
      )}
      {override.refused && (
        <div className="editor-conflict refused" role="alert">
          <p>
            v{override.refused.version} was refused:{' '}
            {(override.refused.refused_reason ?? 'the realtime session gave no reason').replace(/\.$/, '')}.{' '}
            {context.in_force_version === 0 ? 'Nothing was changed.' : `v${context.in_force_version} stays in force.`}
          </p>
          <button type="button" className="btn sm quiet" onClick={override.takeNewest}>
            {context.standing_version === 0 ? 'Start again' : `Take v${context.standing_version}`}
          </button>
        </div>
      )}
    </div>
  )
}

function ApplyForm({
  override,
  context,
  refused,
}: {
  override: Overriding
  context: ContextOfCall
  refused: string | null
}) {
  const { is_changed, can_apply } = override
  const waiting = is_changed ? null : context.pending
  return (
    <form
      className="editor-apply"
      onSubmit={(event) => {
        event.preventDefault()
        void override.apply()
      }}
    >
      <label className={`field sm ${refused === null ? '' : 'off'}`}>
        <span className="dim">Reason</span>
        <input
          className="bare"
          value={waiting ? (waiting.reason ?? '') : override.reason}
          maxLength={500}
          disabled={refused !== null}
          readOnly={waiting !== null}
          onChange={(event) => override.setReason(event.target.value)}
          onKeyDown={(event) => {
            if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) void override.apply()
          }}
        />
      </label>
      <button type="submit" className={`btn sm ${can_apply ? 'primary' : ''}`} disabled={!can_apply}>
        {override.is_sending || waiting ? 'Applying…' : 'Apply'}
      </button>
      {is_changed && refused === null && (
        <label className="editor-now">
          <input
            type="checkbox"
            checked={override.speak_now}
            onChange={(event) => override.setSpeakNow(event.target.checked)}
          />
          The agent speaks at once, not at its next turn
        </label>
      )}
      {refused !== null && <p className="help editor-now">{refused}</p>}
    </form>
  )
}

/** Who was faster, and what one had started from. @source design.md section 6 */
function conflictWords({ versions, newest_version }: ContextOfCall, base: number, self_id: string | undefined): string {
  const by = versions[0]?.updated_by
  const who = by === undefined ? 'Somebody' : by.id === self_id ? 'You' : by.name
  return base === 0
    ? `${who} set v${newest_version} meanwhile. There was no override when you began.`
    : `${who} set v${newest_version} while you edited v${base}.`
}

function lineOf(text: string, at: number): number {
  return text.slice(0, at).split('\n').length
}
