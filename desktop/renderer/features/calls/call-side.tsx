// The right column of a call: what was done to it, who is there, what it cost, and what one can do.
import { Braces, Hand } from 'lucide-react'
import type { CallSummary } from '../../../../shared/contract/calls.ts'
import type { ContextVersion } from '../../../../shared/contract/context.ts'
import { Face } from '../../components/face.tsx'
import { Icon } from '../../components/icon.tsx'
import type { ReceiptStep } from '../../components/receipt.tsx'
import { Receipt } from '../../components/receipt.tsx'
import { useConsoleState, useNow } from '../../lib/console-context.tsx'
import { formatCallTime, formatCost, formatDelay } from '../../lib/format.ts'
import { selectMe } from '../../store/selectors.ts'
import { clockZero } from './call-clock.ts'
import { lengthOf } from './phase.ts'

export function Interventions({ call }: { call: CallSummary }) {
  const versions = useConsoleState((state) => state.versions[call.call_sid]) ?? []
  const handled_by = useConsoleState((state) => state.details[call.call_sid]?.handled_by) ?? []
  const self_id = useConsoleState((state) => selectMe(state)?.user.id)
  const zero = clockZero(call)
  const acts = handled_by.flatMap((each) => (each.kind === 'user' ? [each] : []))
  return (
    <>
      <div className="col-h">
        <h2>Interventions</h2>
        <span className="grow" />
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard */}
      <section className="ivs" aria-label="Interventions" tabIndex={0}>
        {versions.length === 0 && acts.length === 0 && <p className="none">Nobody stepped in.</p>}
        {versions.map((version) => (
          <div key={version.version} className={`iv ${version.updated_by.id === self_id ? 'you' : ''}`}>
            <Icon of={Braces} />
            <b>
              {version.updated_by.id === self_id ? 'You' : firstName(version.updated_by.name)} set context v
              {version.version}
            </b>
            <time>{formatCallTime(Date.parse(version.updated_at) - zero)}</time>
            <VersionReceipt version={version} />
          </div>
        ))}
        {acts.map((act) => (
          <div key={`${act.act}${act.at}`} className={`iv ${act.user_id === self_id ? 'you' : ''}`}>
            <Icon of={Hand} />
            <b>
              {act.user_id === self_id ? 'You' : 'A supervisor'}: {act.act}
            </b>
            <time>{formatCallTime(Date.parse(act.at) - zero)}</time>
          </div>
        ))}
      </section>
    </>
  )
}

function VersionReceipt({ version }: { version: ContextVersion }) {
  const now = useNow(version.state === 'pending' ? 200 : 60_000)
  return <Receipt steps={receiptOf(version, now)} />
}

/** What became of a version: stored, accepted by the realtime session, used in a turn. @source design.md principle 7 */
export function receiptOf(version: ContextVersion, now: number): ReceiptStep[] {
  const sent = { word: 'Sent', state: 'done' } as const
  const since = Date.parse(version.updated_at)
  switch (version.state) {
    case 'pending':
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
          ? { word: 'Used', state: 'wait' }
          : { word: `Used in turn ${version.used_in_turn}`, state: 'done' },
      ]
  }
}

export function Watching({ call }: { call: CallSummary }) {
  const self_id = useConsoleState((state) => selectMe(state)?.user.id)
  const listeners = call.live?.listeners ?? []
  if (call.ended_at !== null) return null
  return (
    <div className="col-h sub">
      <h2>Listening</h2>
      <span className="dim num xs">{listeners.length}</span>
      <span className="grow" />
      {listeners.slice(0, 3).map((person) => (
        <span key={person.id} className="xs ink2 row tight">
          <Face name={person.name} is_self={person.id === self_id} />
          {person.id === self_id ? 'You' : firstName(person.name)}
        </span>
      ))}
    </div>
  )
}

export function CostMeter({ call }: { call: CallSummary }) {
  const detail = useConsoleState((state) => state.details[call.call_sid])
  const now = useNow()
  if (!detail) return null
  const carrier = Math.min(detail.cost_breakdown.carrier, call.cost)
  const parts = [
    { word: `Model${cachedWords(detail.usage)}`, usd: call.cost - carrier, colour: 'var(--chart-1)' },
    { word: 'Carrier', usd: carrier, colour: 'var(--chart-6)' },
  ]
  const minutes = Math.max(1, lengthOf(call, now)) / 60_000
  return (
    <div className="meter">
      <div className="row">
        <b className="num text-lg">{formatCost(call.cost)}</b>
        <span className="xs ink2 num">{formatCost(call.cost / minutes)} a minute</span>
        <span className="grow" />
        {detail.usage.is_estimate && <span className="xs dim">estimated</span>}
      </div>
      <div className="bar" aria-hidden="true">
        {parts.map((part) => (
          <i
            key={part.word}
            style={{ flexGrow: call.cost === 0 ? 0 : part.usd / call.cost, background: part.colour }}
          />
        ))}
      </div>
      <dl>
        {parts.map((part) => (
          <div key={part.word} className="meter-row">
            <dt>
              <i style={{ background: part.colour }} />
              {part.word}
            </dt>
            <dd>{formatCost(part.usd)}</dd>
          </div>
        ))}
      </dl>
    </div>
  )
}

function cachedWords(usage: {
  input_text_tokens: number
  input_audio_tokens: number
  cached_text_tokens: number
  cached_audio_tokens: number
}): string {
  const input = usage.input_text_tokens + usage.input_audio_tokens
  if (input === 0) return ''
  return `, ${Math.round(((usage.cached_text_tokens + usage.cached_audio_tokens) / input) * 100)}% of input cached`
}

const firstName = (name: string) => name.split(' ')[0] ?? name
