// A call of a tool: on one line among the words, or in full where one looks at the tools alone.
import { Wrench } from 'lucide-react'
import type { ToolTurn } from '../../../../shared/contract/calls.ts'
import { Icon } from '../../components/icon.tsx'
import { formatCallTime, formatDelay } from '../../lib/format.ts'
import { readJson } from '../../lib/json-place.ts'

/** One tool call: name, arguments, result, time; orange when it failed. */
export function Tool({ turn, size }: { turn: ToolTurn; size: 'inspector' | 'call' }) {
  const took_ms = tookMs(turn)
  return (
    <div className="inl">
      <time>{formatCallTime(turn.started_ms)}</time>
      <div className="box">
        <p className="h">
          <Icon of={Wrench} />
          <span className="mono text-ink">{turn.name}</span>
          {size === 'call' && Object.keys(turn.arguments).length > 0 && (
            <span className="mono dim trunc">{shortJson(turn.arguments)}</span>
          )}
          {size === 'call' && <span className="grow" />}
          <span className={`trunc ${turn.failed ? 'm text-att-2' : ''}`}>{resultOf(turn)}</span>
          {size === 'inspector' && <span className="grow" />}
          {took_ms !== null && <span className="num dim">{formatDelay(took_ms)}</span>}
        </p>
      </div>
    </div>
  )
}

/** A tool call with all it was given and all it answered. */
export function ToolEntry({ turn }: { turn: ToolTurn }) {
  const took_ms = tookMs(turn)
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
        {has_arguments && <p className="mono dim">{shortJson(turn.arguments)}</p>}
        <p className={turn.failed ? 'm text-att-2' : 'text-ink'}>{resultOf(turn)}</p>
      </div>
    </div>
  )
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
