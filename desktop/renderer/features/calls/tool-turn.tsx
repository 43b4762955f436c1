// A call of a tool: on one line among the words, or in full where one looks at the tools alone.
import { Wrench } from 'lucide-react'
import type { ToolTurn } from '../../../../shared/contract/calls.ts'
import { OUTCOMES } from '../../../../shared/contract/calls.ts'
import { Icon } from '../../components/icon.tsx'
import { formatCallTime, formatDelay } from '../../lib/format.ts'
import { readJson } from '../../lib/json-place.ts'
import { OUTCOME_WORDS } from '../../lib/wording.ts'
import { unquoted } from './said.ts'

/** One tool call: name, arguments, result, time; orange when it failed. */
export function Tool({ turn, size }: { turn: ToolTurn; size: 'inspector' | 'call' }) {
  const took_ms = tookMs(turn)
  const says = toolSays(turn)
  return (
    <div className="inl">
      <time>{formatCallTime(turn.started_ms)}</time>
      <div className="box">
        <p className="h">
          <Icon of={Wrench} />
          <span className="mono text-ink">{turn.name}</span>
          {size === 'call' && !says && Object.keys(turn.arguments).length > 0 && (
            <span className="mono dim trunc">{shortJson(turn.arguments)}</span>
          )}
          {size === 'call' && <span className="grow" />}
          {(!says || turn.failed) && (
            <span className={`trunc ${turn.failed ? 'm text-att-2' : ''}`}>{resultOf(turn)}</span>
          )}
          {(size === 'inspector' || says) && <span className="grow" />}
          {took_ms !== null && <span className="num dim">{formatDelay(took_ms)}</span>}
        </p>
        {says && <p className="tool-says">{says}</p>}
      </div>
    </div>
  )
}

/** A tool call with all it was given and all it answered. */
export function ToolEntry({ turn }: { turn: ToolTurn }) {
  const took_ms = tookMs(turn)
  const says = toolSays(turn)
  const has_arguments = Object.keys(turn.arguments).length > 0
  return (
    <div className="inl tool-entry">
      <time>{formatCallTime(turn.started_ms)}</time>
      <div className="box">
        <p className="h">
          <Icon of={Wrench} />
          <span className="mono text-ink trunc">{turn.name}</span>
          <span className="grow" />
          {took_ms !== null && <span className="num dim">{formatDelay(took_ms)}</span>}
        </p>
        {says && <p className="text-ink">{says}</p>}
        {!says && has_arguments && <p className="mono dim">{shortJson(turn.arguments)}</p>}
        {(!says || turn.failed) && <p className={turn.failed ? 'm text-att-2' : 'text-ink'}>{resultOf(turn)}</p>}
      </div>
    </div>
  )
}

/**
 * What the agent said with one of the product's own tools; null for a tenant's tools, which have words of their own.
 * @source `relay/live/live-tools.ts`
 */
export function toolSays({ name, arguments: given }: Pick<ToolTurn, 'name' | 'arguments'>): string | null {
  const text = (key: string) => (typeof given[key] === 'string' ? given[key].trim() : '')
  if (name === 'escalate') return unquoted(text('reason')) || null
  if (name !== 'end_call') return null
  const outcome = OUTCOMES.find((each) => each === given.outcome)
  return [outcome ? `${OUTCOME_WORDS[outcome]}.` : '', text('summary')].filter(Boolean).join(' ') || null
}

const tookMs = (turn: ToolTurn) => (turn.ended_ms === null ? null : turn.ended_ms - turn.started_ms)

function resultOf(turn: ToolTurn): string {
  if (turn.result !== null) return resultWords(turn.result)
  return turn.is_final ? '' : 'running'
}

/** The sentence in a tool's answer, if it has one; else the answer as it came. @source contract/calls.ts, ToolTurn */
export function resultWords(result: string): string {
  const reading = readJson(result)
  const value = reading.ok ? reading.value : null
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return result
  const sentence = value.note ?? value.message ?? value.error ?? value.detail
  return typeof sentence === 'string' ? sentence : shortJson(value)
}

/** JSON on one line, as one would write it. @source design.md section 8, call */
export function shortJson(value: unknown): string {
  return JSON.stringify(value)
    .replaceAll('":', '": ')
    .replaceAll(',"', ', "')
    .replace(/^\{(.+)\}$/s, '{ $1 }')
}
