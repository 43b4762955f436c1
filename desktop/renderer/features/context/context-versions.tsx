// Every version of a call's context: who, why, what changed, and what the model did with it.
import { Undo2 } from 'lucide-react'
import { Fragment, useState } from 'react'
import type { ContextDiff, ContextVersion } from '../../../../shared/contract/context.ts'
import type { Problem } from '../../../../shared/errors.ts'
import { Dialog, DialogActs } from '../../components/dialog.tsx'
import { Input, Labelled } from '../../components/field.tsx'
import { Icon } from '../../components/icon.tsx'
import { ShowMore } from '../../components/show-more.tsx'
import { tell, tellRefused } from '../../components/toast.tsx'
import { useActions, useConsoleState } from '../../lib/console-context.tsx'
import { formatCallTime } from '../../lib/format.ts'
import { Changes } from './changes.tsx'
import { createContextActions } from './context-actions.ts'
import type { ContextOfCall } from './context-of-call.ts'
import { changeWords, diffOf } from './layers.ts'
import { VersionState } from './version-state.tsx'

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
  const { versions, in_force_version, newest_version } = context
  const older = useOlder(call_sid)
  const before = versions.find((version) => version.state === 'applied' && version.version < in_force_version)
  return (
    <section aria-label="Context versions">
      <div className="col-h sub">
        <h2>Versions</h2>
        <span className="dim num xs">
          {older.has_more ? `${versions.length} of ${newest_version}` : versions.length}
        </span>
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
                <span className={version.diff.length === 0 ? 'trunc' : 'mono trunc'}>
                  {version.diff.length === 0 ? 'no value changed' : <Changes diff={version.diff} />}
                </span>
              )}
              {version.used_in_turn !== null && (
                <span className="used num wide">used in turn {version.used_in_turn}</span>
              )}
            </p>
          </li>
        ))}
      </ol>
      {older.has_more && (
        <ShowMore word="Show older" is_reading={older.is_reading} problem={older.problem} onMore={older.more} />
      )}
      <VersionDiff context={context} />
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

function useOlder(call_sid: string) {
  const actions = useActions(createContextActions)
  const has_more = useConsoleState((state) => state.older_versions[call_sid] != null)
  const [is_reading, setReading] = useState(false)
  const [problem, setProblem] = useState<Problem | null>(null)
  const more = async () => {
    setReading(true)
    setProblem(await actions.readOlderVersions(call_sid))
    setReading(false)
  }
  return { has_more, is_reading, problem, more: () => void more() }
}

/** What the newest version makes of the one in force, or the one in force made of the one before. Where there is room. */
function VersionDiff({ context }: { context: ContextOfCall }) {
  const { versions, in_force, in_force_version, pending } = context
  const before = versions.find((version) => version.state === 'applied' && version.version < in_force_version)
  const from = pending ? { version: in_force_version, layer: in_force } : before && layerOf(before)
  const to = pending ? layerOf(pending) : { version: in_force_version, layer: in_force }
  if (!from) return null
  const diff = diffOf(from.layer, to.layer)
  return (
    <section className="wide" aria-label="What changed">
      <div className="col-h sub">
        <h2>
          v{from.version} to v{to.version}
        </h2>
        <span className="xs dim">{diff.length === 0 ? 'no value differs' : countsOf(diff)}</span>
      </div>
      <div className="code">
        {diff.map(changeWords).map((words, index) => (
          <Fragment key={diff[index]?.path}>
            {words.sign !== '+' && <DiffLine sign="−" name={words.key} value={words.before ?? ''} />}
            {words.sign !== '−' && <DiffLine sign="+" name={words.key} value={words.after ?? ''} />}
          </Fragment>
        ))}
      </div>
    </section>
  )
}

function DiffLine({ sign, name, value }: { sign: '+' | '−'; name: string; value: string }) {
  return (
    <div className={sign === '+' ? 'add' : 'del'}>
      <i>{sign}</i>
      <span>
        <span className="k">{name}</span> <span className="s">{value}</span>
      </span>
    </div>
  )
}

const layerOf = (version: ContextVersion) => ({ version: version.version, layer: version.context_data })

function countsOf(diff: readonly ContextDiff[]): string {
  const signs = diff.map((change) => changeWords(change).sign)
  const count = (sign: string, word: string) => {
    const found = signs.filter((each) => each === sign).length
    return found > 0 ? `${found} ${word}` : ''
  }
  return [count('+', 'added'), count('', 'changed'), count('−', 'removed')].filter(Boolean).join(', ')
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
    if (!reply.ok) tellRefused('The context was not rolled back', reply.problem)
    // One that was refused says so in its row.
    else if (reply.value.state !== 'refused')
      tell(`Rolling back to v${target.version}`, `It becomes v${reply.value.version}.`)
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
