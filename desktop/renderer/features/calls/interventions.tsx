// What people did to a call: changes of its context with their receipts, who ended it, and one's own listening in.
import type { LucideIcon } from 'lucide-react'
import { Braces, Hand, Headphones, PhoneOff } from 'lucide-react'
import type { ReactNode } from 'react'
import type { CallSummary } from '../../../../shared/contract/calls.ts'
import type { ContextVersion } from '../../../../shared/contract/context.ts'
import { Icon } from '../../components/icon.tsx'
import type { ReceiptStep } from '../../components/receipt.tsx'
import { Receipt } from '../../components/receipt.tsx'
import { useConsoleState, useNow } from '../../lib/console-context.tsx'
import { firstName, formatCallTime, formatDelay } from '../../lib/format.ts'
import { OUTCOME_WORDS } from '../../lib/wording.ts'
import { isOutOfReach } from '../../store/lost-calls.ts'
import { selectMe } from '../../store/selectors.ts'
import type { Listened } from '../../store/state.ts'
import { clockZero } from './call-clock.ts'
import { endedBy } from './ended-by.ts'

interface Act {
  key: string
  /** Epoch milliseconds. */
  at: number
  icon: LucideIcon
  says: string
  is_own: boolean
  more?: ReactNode
}

export function Interventions({ call }: { call: CallSummary }) {
  const zero = clockZero(call)
  const acts = useActs(call, zero)
  const is_listened_to = (call.live?.listeners ?? []).length > 0
  return (
    <>
      <div className="col-h">
        <h2>Interventions</h2>
        <span className="grow" />
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard */}
      <section className="ivs" aria-label="Interventions" tabIndex={0}>
        {acts.length === 0 && !is_listened_to && <p className="none">No change or hang-up by a person.</p>}
        {acts.map((act) => (
          <div key={act.key} className={`iv ${act.is_own ? 'you' : ''}`}>
            <Icon of={act.icon} />
            <b>{act.says}</b>
            <time>{formatCallTime(act.at - zero)}</time>
            {act.more}
          </div>
        ))}
      </section>
    </>
  )
}

/** Newest first. That somebody else listened before is in no record a console may read: it is not claimed either way. */
function useActs(call: CallSummary, zero: number): Act[] {
  const versions = useConsoleState((state) => state.versions[call.call_sid]) ?? []
  const handled_by = useConsoleState((state) => state.details[call.call_sid]?.handled_by) ?? []
  const listened = useConsoleState((state) => state.listened[call.call_sid]) ?? []
  const is_own_end = useConsoleState((state) => state.hung_up[call.call_sid] ?? false)
  const self_id = useConsoleState((state) => selectMe(state)?.user.id)
  const changes = versions.map(
    (version): Act => ({
      key: `v${version.version}`,
      at: Date.parse(version.updated_at),
      icon: Braces,
      says: `${who(version.updated_by, self_id)} set context v${version.version}`,
      is_own: version.updated_by.id === self_id,
      more: (
        <VersionReceipt
          version={version}
          end={endOfUse(version, versions, call.ended_at !== null && !isOutOfReach(call))}
        />
      ),
    }),
  )
  const handled = handled_by.flatMap((each): Act[] =>
    each.kind === 'user'
      ? [
          {
            key: `${each.act}${each.at}`,
            at: Date.parse(each.at),
            icon: Hand,
            says: `${each.user_id === self_id ? 'You' : 'A supervisor'}: ${each.act}`,
            is_own: each.user_id === self_id,
          },
        ]
      : [],
  )
  const own = listened.map(
    (each): Act => ({
      key: `listened${each.from}`,
      at: each.from,
      icon: Headphones,
      says: listenedWords(each, zero),
      is_own: true,
    }),
  )
  return [...changes, ...handled, ...own, ...endOf(call, is_own_end)].sort((a, b) => b.at - a.at)
}

function endOf(call: CallSummary, is_own: boolean): Act[] {
  const name = endedBy(call)
  if (name === null || call.ended_at === null) return []
  const outcome = call.outcome ? `, ${OUTCOME_WORDS[call.outcome].toLowerCase()}` : ''
  return [
    {
      key: 'ended',
      at: Date.parse(call.ended_at),
      icon: PhoneOff,
      says: `${is_own ? 'You' : name} ended the call${outcome}`,
      is_own,
    },
  ]
}

const listenedWords = ({ from, to }: Listened, zero: number): string =>
  to === null
    ? `You have listened since ${formatCallTime(from - zero)}`
    : `You listened ${formatCallTime(from - zero)} to ${formatCallTime(to - zero)}`

const who = (by: { id: string; name: string }, self_id: string | undefined): string =>
  by.id === self_id ? 'You' : firstName(by.name)

function VersionReceipt({ version, end }: { version: ContextVersion; end: ReceiptStep | null }) {
  const now = useNow(version.state === 'pending' ? 200 : 60_000)
  return <Receipt steps={receiptOf(version, now, end)} />
}

/**
 * Why no turn will use a version any more: a newer one is in force, or the call is over.
 * @returns null while a turn may still use it
 * @source design.md principle 7: a dashed ring is waiting, and this waits for nothing
 */
export function endOfUse(
  { version }: Pick<ContextVersion, 'version'>,
  versions: readonly Pick<ContextVersion, 'version' | 'state'>[],
  is_over: boolean,
): ReceiptStep | null {
  const newer = versions.filter((each) => each.version > version && each.state === 'applied')
  if (newer.length > 0) {
    const replaced_by = Math.min(...newer.map((each) => each.version))
    return { word: `Replaced by v${replaced_by}`, state: 'done' }
  }
  return is_over ? { word: 'Not used before the call ended', state: 'bad' } : null
}

/**
 * What became of a version: stored, accepted by the realtime session, used in a turn.
 * @param now epoch milliseconds
 * @param end why no turn will use it any more; null while one may
 * @source design.md principle 7
 */
export function receiptOf(version: ContextVersion, now: number, end: ReceiptStep | null): ReceiptStep[] {
  const sent = { word: 'Sent', state: 'done' } as const
  const since = Date.parse(version.updated_at)
  switch (version.state) {
    case 'pending':
      if (end) return [sent, end]
      return [
        sent,
        { word: 'Accepted', state: 'wait', time: formatDelay(Math.max(100, now - since)) },
        { word: 'Used', state: 'wait' },
      ]
    case 'refused':
      return [sent, { word: `Refused: ${version.refused_reason ?? 'by the realtime session'}`, state: 'bad' }]
    case 'applied':
      return [
        sent,
        {
          word: 'Applied',
          state: 'done',
          ...(version.applied_at ? { time: formatDelay(Math.max(0, Date.parse(version.applied_at) - since)) } : {}),
        },
        version.used_in_turn === null
          ? (end ?? { word: 'Used', state: 'wait' })
          : { word: `Used in turn ${version.used_in_turn}`, state: 'done' },
      ]
  }
}
