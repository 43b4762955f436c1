// An override while it is written: what it starts from, what becomes of it, and how it meets what others did meanwhile.
// Nobody's draft is lost: only an untouched one follows the call.
import { useEffect, useMemo, useState } from 'react'
import type { ContextVersion } from '../../../../shared/contract/context.ts'
import type { Problem } from '../../../../shared/errors.ts'
import type { JsonObject } from '../../../../shared/primitives.ts'
import { useActions } from '../../lib/console-context.tsx'
import { writeJson } from '../../lib/write-json.ts'
import { createContextActions } from './context-actions.ts'
import type { ContextOfCall } from './context-of-call.ts'
import { applyPatch, mergePatch, sameJson } from './layers.ts'
import type { DraftProblem } from './override-draft.ts'
import { readDraft, refusedAt } from './override-draft.ts'

interface Base {
  context: JsonObject
  version: number
}

export function useOverride(call_sid: string, context: ContextOfCall, is_closed: boolean) {
  const actions = useActions(createContextActions)
  const [base, setBase] = useState<Base>({ context: context.newest, version: context.newest_version })
  const [text, setText] = useState(() => writeJson(context.newest))
  const [reason, setReason] = useState('')
  const [speak_now, setSpeakNow] = useState(false)
  const [is_sending, setSending] = useState(false)
  const [sent, setSent] = useState<number | null>(null)
  const [problem, setProblem] = useState<Problem | null>(null)
  const draft = useMemo(() => readDraft(text), [text])
  const problems = useMemo(() => faults(text, draft, problem), [text, draft, problem])
  const is_changed = text !== writeJson(base.context)
  const newest = context.versions[0]
  const moved_on = context.newest_version !== base.version
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
    // A refused version changes nothing: the draft goes on from what stands, under the new number.
    if (newest?.state !== 'refused') return
    const stands = moved_on ? sameJson(base.context, context.newest) : true
    if (stands) setBase({ context: context.newest, version: newest.version })
    if (is_mine && reason === '') setReason(newest.reason ?? '')
  }, [context.newest_version, newest?.state])

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
      setSent(reply.value.version)
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
  }
}

export type OverrideDraft = ReturnType<typeof useOverride>

function faults(text: string, draft: ReturnType<typeof readDraft>, problem: Problem | null): DraftProblem[] {
  if (!draft.ok) return draft.problems
  return problem ? refusedAt(text, problem) : []
}

function refusedVersion(versions: readonly ContextVersion[], sent: number | null): ContextVersion | null {
  const version = versions.find((each) => each.version === sent)
  return version?.state === 'refused' && version.version === versions[0]?.version ? version : null
}
