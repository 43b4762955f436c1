// The right column of a call: who is there, and what it cost. What was done to it stands in `interventions.tsx`.
import type { CallSummary } from '../../../../shared/contract/calls.ts'
import { Face } from '../../components/face.tsx'
import { useConsoleState } from '../../lib/console-context.tsx'
import { firstName, formatCost } from '../../lib/format.ts'
import { selectMe } from '../../store/selectors.ts'
import { lengthOf } from './phase.ts'
import { useCallNow } from './use-call-now.ts'

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
  const now = useCallNow(call)
  if (!detail) return null
  const cost = costParts(call.cost, detail.cost_breakdown.carrier)
  const parts = [
    { word: `Model${cachedWords(detail.usage)}`, usd: cost.model, colour: 'var(--chart-1)' },
    { word: 'Carrier', usd: cost.carrier, colour: 'var(--chart-6)' },
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
          <i key={part.word} style={{ flexGrow: part.usd * 100, background: part.colour }} />
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

/**
 * The parts of a cost in whole cents, so that what is shown adds up to the total that is shown.
 * @param cost dollars of the whole call, both parts together
 * @param carrier dollars of it that are the carrier's
 * @source ours
 */
export function costParts(cost: number, carrier: number): { model: number; carrier: number } {
  const total_cents = cents(cost)
  const carrier_cents = Math.min(cents(carrier), total_cents)
  return { model: (total_cents - carrier_cents) / 100, carrier: carrier_cents / 100 }
}

/** Rounded as the figures on screen are: 1.005 in binary is a little less, and is still shown as 1.01. */
const cents = (usd: number): number => Math.round(usd * 100 + 1e-9)

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
