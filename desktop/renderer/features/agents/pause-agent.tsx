import { useState } from 'react'
import type { Agent } from '../../../../shared/contract/agents.ts'
import { Dialog, DialogActs } from '../../components/dialog.tsx'
import { tell, tellRefused } from '../../components/toast.tsx'
import { useActions } from '../../lib/console-context.tsx'
import { countOf, formatNumber } from '../../lib/format.ts'
import { createAgentActions } from './agent-actions.ts'

/** Numbers named in the question; of more it says how many. */
const NAMED = 8

export function PauseAgentDialog({
  agent,
  numbers,
  live_calls,
  onClose,
}: {
  agent: Agent
  /** Those that lead to it. */
  numbers: readonly string[]
  /** How many of its calls are on. */
  live_calls: number
  onClose: () => void
}) {
  const actions = useActions(createAgentActions)
  const [is_sending, setSending] = useState(false)
  const answers = agent.type === 'outbound' ? [] : numbers
  const pause = async () => {
    setSending(true)
    const reply = await actions.change(agent.id, { is_active: false, expected_version: agent.version })
    onClose()
    if (!reply.ok) return tellRefused(`${agent.name} was not changed`, reply.problem)
    tell(`${agent.name} paused`, 'Calls that are on go on; new ones are refused.')
  }
  return (
    <Dialog title={`Pause ${agent.name}?`} says={pauseWords(answers.length, live_calls)} onClose={onClose}>
      {answers.length > 0 && (
        <div className="sync-list">
          <section>
            <h3 className="label">
              Not answered <span className="dim">{answers.length}</span>
            </h3>
            <ul className="num">
              {answers.slice(0, NAMED).map((number) => (
                <li key={number}>{formatNumber(number)}</li>
              ))}
              {answers.length > NAMED && <li className="dim">{answers.length - NAMED} more</li>}
            </ul>
          </section>
        </div>
      )}
      <DialogActs>
        <button type="button" className="btn" onClick={onClose}>
          Keep it live
        </button>
        <button type="button" className="btn primary" disabled={is_sending} onClick={pause}>
          Pause agent
        </button>
      </DialogActs>
    </Dialog>
  )
}

/** What callers will notice, and what goes on. @source design.md section 6 */
function pauseWords(numbers: number, live_calls: number): string {
  const refused =
    numbers === 0
      ? 'No number leads to it, so no caller notices.'
      : `Callers of ${countOf(numbers, 'number')} are refused until it is resumed.`
  const going = live_calls === 0 ? 'No call is on.' : `${countOf(live_calls, 'call goes', 'calls go')} on to the end.`
  return `${refused} ${going}`
}
