import { useState } from 'react'
import type { Agent } from '../../../../shared/contract/agents.ts'
import { Dialog, DialogActs } from '../../components/dialog.tsx'
import { tell, tellRefused } from '../../components/toast.tsx'
import { useActions } from '../../lib/console-context.tsx'
import { createAgentActions } from './agent-actions.ts'

export function DeleteAgentDialog({
  agent,
  onClose,
  onDeleted,
}: {
  agent: Agent
  onClose: () => void
  onDeleted: () => void
}) {
  const actions = useActions(createAgentActions)
  const [is_sending, setSending] = useState(false)
  const remove = async () => {
    setSending(true)
    const reply = await actions.remove(agent.id)
    onClose()
    if (!reply.ok) return tellRefused(`${agent.name} was not deleted`, reply.problem)
    tell(`${agent.name} deleted`, 'Its numbers are unassigned. Its calls stay.')
    onDeleted()
  }
  return (
    <Dialog
      title={`Delete ${agent.name}?`}
      says="Its numbers become unassigned and its next callers are refused. Its calls and figures stay. This cannot be undone."
      onClose={onClose}
    >
      <DialogActs>
        <button type="button" className="btn" onClick={onClose}>
          Keep the agent
        </button>
        <button type="button" className="btn danger solid" disabled={is_sending} onClick={remove}>
          Delete agent
        </button>
      </DialogActs>
    </Dialog>
  )
}
