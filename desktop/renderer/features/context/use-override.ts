// An override while it is written: what it starts from, what becomes of it, and how it meets what others did meanwhile.
// Nobody's draft is lost: only an untouched one follows the call, and one that was left is found again.
import { useEffect, useMemo, useState } from 'react'
import type { ContextVersion } from '../../../../shared/contract/context.ts'
import type { Problem } from '../../../../shared/errors.ts'
import { useActions } from '../../lib/console-context.tsx'
import { readContext } from '../../lib/read-context.ts'
import { writeJson } from '../../lib/write-json.ts'
import type { OverrideDraft } from '../../store/override-drafts.ts'
import { createContextActions } from './context-actions.ts'
import type { ContextOfCall } from './context-of-call.ts'
import { mergeDraft, sameJson } from './layers.ts'
import type { DraftProblem } from './override-draft.ts'
import { refusedAt } from './override-draft.ts'

type Base = OverrideDraft['base']

export function useOverride(call_sid: string, context: ContextOfCall, is_closed: boolean, is_over: boolean) {
  const actions = useActions(createContextActions)
  const [left] = useState(() => actions.draftOf(call_sid))
  const [base, setBase] = useState<Base>(left?.base ?? { context: context.newest, version: context.newest_version })
  const [text, setText] = useState(() => left?.text ?? writeJson(context.newest))
  const [reason, setReason] = useState(left?.reason ?? '')
  const [speak_now, setSpeakNow] = useState(left?.speak_now ?? false)
  const [is_sending, setSending] = useState(false)
  const [sent, setSent] = useState<number | null>(null)
  const [problem, setProblem] = useState<Problem | null>(null)
  const draft = useMemo(() => readContext(text), [text])
  const problems = useMemo(() => faults(text, draft, problem), [text, draft, problem])
  const is_changed = text !== writeJson(base.context)
  const newest = context.versions[0]
  // The version being sent comes back as an event before the answer: that is no other's. Whether somebody was faster,
  // the relay says.
  const moved_on = !is_sending && context.newest_version !== base.version
  const can_apply = draft.ok && is_changed && !is_sending && !is_closed && !moved_on

  const startFrom = (next: Base) => {
    setBase(next)
    setText(writeJson(next.context))
    setProblem(null)
  }
  const takeNewest = () => startFrom({ context: context.newest, version: context.newest_version })
  // biome-ignore lint/correctness/useExhaustiveDependencies: runs when a version came or was decided
  useEffect(() => {
    const is_mine = newest?.version === sent && newest?.state === 'refused'
    if (!is_changed && !is_mine) {
      if (moved_on || !sameJson(base.context, context.newest)) takeNewest()
      return
    }
    // One that was refused on its way may be applied all the same: then there is nothing left to change.
    if (newest?.state === 'applied' && draft.ok && sameJson(draft.context, context.newest)) return takeNewest()
    // A refused version changes nothing: the draft goes on from what stands, under the new number.
    if (newest?.state !== 'refused') return
    const stands = moved_on ? sameJson(base.context, context.newest) : true
    if (stands) setBase({ context: context.newest, version: newest.version })
    if (is_mine && reason === '') setReason(newest.reason ?? '')
  }, [context.newest_version, newest?.state, sent])
  // biome-ignore lint/correctness/useExhaustiveDependencies: kept when something of it changed
  useEffect(() => {
    const is_written = is_changed || reason.trim() !== ''
    if (!is_over) actions.keepDraft(call_sid, is_written ? { text, reason, speak_now, base } : null)
  }, [text, reason, speak_now, base, is_over])

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
      // Here and now: the screen may have been left while it was sent.
      actions.keepDraft(call_sid, null)
      startFrom({ context: reply.value.context_data, version: reply.value.version })
      setSent(reply.value.version)
      setReason('')
      setSpeakNow(false)
      return
    }
    setProblem(reply.problem)
    if (reply.problem.code === 'VERSION_CONFLICT') await actions.readVersions(call_sid)
  }
  const discard = () => {
    takeNewest()
    setReason('')
    setSpeakNow(false)
  }
  const merge = () => {
    if (!draft.ok) return
    setBase({ context: context.newest, version: context.newest_version })
    setText(writeJson(mergeDraft(base.context, draft.context, context.newest)))
    setProblem(null)
  }
  return {
    base,
    text,
    reason,
    speak_now,
    is_sending,
    is_changed,
    moved_on,
    can_apply,
    draft,
    problem,
    problems,
    /** The version sent from here that was refused, while what was sent still stands in the editor. */
    refused: is_changed ? refusedVersion(context.versions, sent) : null,
    write: (next: string) => {
      setText(next)
      setProblem(null)
    },
    setReason,
    setSpeakNow,
    apply,
    merge,
    takeNewest,
    discard,
  }
}

export type Overriding = ReturnType<typeof useOverride>

function faults(text: string, draft: ReturnType<typeof readContext>, problem: Problem | null): DraftProblem[] {
  if (!draft.ok) return draft.problems
  return problem ? refusedAt(text, problem) : []
}

function refusedVersion(versions: readonly ContextVersion[], sent: number | null): ContextVersion | null {
  const version = versions.find((each) => each.version === sent)
  return version?.state === 'refused' && version.version === versions[0]?.version ? version : null
}
