// Every version of a call's context: who, why, what changed, and what the model did with it.
import { CircleCheck, CircleDashed, CircleX, Undo2 } from 'lucide-react'
import { useState } from 'react'
import type { ContextDiff, ContextVersion } from '../../../../shared/contract/context.ts'
import { Dialog, DialogActs } from '../../components/dialog.tsx'
import { Input, Labelled } from '../../components/field.tsx'
import { Icon } from '../../components/icon.tsx'
import { tell, tellRefused } from '../../components/toast.tsx'
import { useActions, useNow } from '../../lib/console-context.tsx'
import { formatCallTime, formatDelay } from '../../lib/format.ts'
import { createContextActions } from './context-actions.ts'
import type { ContextOfCall } from './context-of-call.ts'
import { changeWords } from './layers.ts'

export function ContextVersions({
  call_sid,
  context,
  clock_zero,
  can_roll_back,
}: {
  call_sid: string
  context: ContextOfCall
  /** When the call's clock was at zero. Epoch milliseconds. */
  clock_zero: number
  can_roll_back: boolean
}) {
  const [target, setTarget] = useState<ContextVersion | null>(null)
  const { versions, in_force_version } = context
  const before = versions.find((version) => version.state === 'applied' && version.version < in_force_version)
  return (
    <section aria-label="Context versions">
      <div className="col-h sub">
        <h2>Versions</h2>
        <span className="dim num xs">{versions.length}</span>
        <span className="grow" />
        {before && can_roll_back && (
          <button type="button" className="btn sm quiet" onClick={() => setTarget(before)}>
            <Icon of={Undo2} className="s" />
            Roll back to v{before.version}
          </button>
        )}
      </div>
      {versions.length === 0 && <p className="none">Nobody changed the context of this call.</p>}
      <ol>
        {versions.map((version) => (
          <li
            key={version.version}
            className={`ver ${version.version === in_force_version ? 'now' : ''}`}
            aria-current={version.version === in_force_version}
          >
            <b>v{version.version}</b>
            <span className="trunc" title={version.reason ?? ''}>
              {version.reason ?? 'No reason given'}
            </span>
            <VersionState version={version} />
            <p className="meta">
              <span className="whitespace-nowrap">{version.updated_by.name}</span>
              <span className="num">{formatCallTime(Date.parse(version.updated_at) - clock_zero)}</span>
              <span>·</span>
              {version.state === 'refused' ? (
                <span className="trunc">{version.refused_reason ?? 'refused by the realtime session'}</span>
              ) : (
                <Changes diff={version.diff} />
              )}
              {version.used_in_turn !== null && <span className="used num">used in turn {version.used_in_turn}</span>}
            </p>
          </li>
        ))}
      </ol>
      {target && (
        <RollBackDialog
          call_sid={call_sid}
          target={target}
          expected_version={context.newest_version}
          onClose={() => setTarget(null)}
        />
      )}
    </section>
  )
}

function VersionState({ version }: { version: ContextVersion }) {
  const now = useNow(version.state === 'pending' ? 200 : 60_000)
  const since = Date.parse(version.updated_at)
  switch (version.state) {
    case 'pending':
      return (
        <span className="st pending">
          <Icon of={CircleDashed} />
          Pending {formatDelay(Math.max(100, now - since))}
        </span>
      )
    case 'applied':
      return (
        <span className="st applied">
          <Icon of={CircleCheck} />
          Applied {version.applied_at && formatDelay(Math.max(0, Date.parse(version.applied_at) - since))}
        </span>
      )
    case 'refused':
      return (
        <span className="st refused">
          <Icon of={CircleX} />
          Refused
        </span>
      )
  }
}

function Changes({ diff }: { diff: readonly ContextDiff[] }) {
  if (diff.length === 0) return <span className="trunc">no value changed</span>
  return (
    <span className="mono trunc">
      {diff.map((change) => {
        const words = changeWords(change)
        return (
          <span key={change.path} className="change">
            {words.sign && `${words.sign} `}
            {words.key}
            {words.before !== null && (
              <>
                {' '}
                <s>{words.before}</s> {words.after}
              </>
            )}
          </span>
        )
      })}
    </span>
  )
}

function RollBackDialog({
  call_sid,
  target,
  expected_version,
  onClose,
}: {
  call_sid: string
  target: ContextVersion
  expected_version: number
  onClose: () => void
}) {
  const actions = useActions(createContextActions)
  const [reason, setReason] = useState('')
  const [is_sending, setSending] = useState(false)
  const rollBack = async () => {
    setSending(true)
    const reply = await actions.rollBack(call_sid, target.version, reason, expected_version)
    onClose()
    if (reply.ok) tell(`Rolling back to v${target.version}`, `It becomes v${reply.value.version}.`)
    else tellRefused('The context was not rolled back', reply.problem)
  }
  return (
    <Dialog
      title={`Roll back to v${target.version}?`}
      says="The layer of this call becomes what it was then, as a new version. The agent uses it at its next turn."
      onClose={onClose}
    >
      <div className="mt-3">
        <Labelled label="Reason">
          {(ids) => (
            <Input {...ids} value={reason} maxLength={500} onChange={(event) => setReason(event.target.value)} />
          )}
        </Labelled>
      </div>
      <DialogActs>
        <button type="button" className="btn" onClick={onClose}>
          Keep v{expected_version}
        </button>
        <button type="button" className="btn primary" disabled={is_sending} onClick={rollBack}>
          Roll back
        </button>
      </DialogActs>
    </Dialog>
  )
}
