import { useState } from 'react'
import { Dialog, DialogActs } from '../../components/dialog.tsx'
import { tell, tellRefused } from '../../components/toast.tsx'
import { useActions } from '../../lib/console-context.tsx'
import { countOf, formatNumber } from '../../lib/format.ts'
import type { SyncPlan } from './number-actions.ts'
import { createNumberActions } from './number-actions.ts'

/** What a sync would change, before it changes it. */
export function SyncDialog({ plan, onClose }: { plan: SyncPlan; onClose: () => void }) {
  const actions = useActions(createNumberActions)
  const [is_sending, setSending] = useState(false)
  const count = plan.added.length + plan.updated.length + plan.released.length
  const sync = async () => {
    setSending(true)
    const reply = await actions.sync()
    onClose()
    if (reply.ok) tell('Numbers are as the carrier has them', countOf(count, 'change'))
    else tellRefused('The numbers were not synced', reply.problem)
  }
  if (count === 0) {
    return (
      <Dialog
        title="Is anything different at the carrier?"
        says="No. Every number is as the carrier has it."
        onClose={onClose}
      >
        <NotTaken plan={plan} />
        <DialogActs>
          <button type="button" className="btn" onClick={onClose}>
            Close
          </button>
        </DialogActs>
      </Dialog>
    )
  }
  return (
    <Dialog
      title={`Sync ${countOf(count, 'change')} from the carrier?`}
      says="The console takes over what the carrier has. Numbers keep their agents."
      onClose={onClose}
    >
      <div className="sync-list">
        <Part word="New here" numbers={plan.added} />
        <Part word="Changed at the carrier" numbers={plan.updated} />
        <Part word="Gone at the carrier" numbers={plan.released} />
      </div>
      <NotTaken plan={plan} />
      <DialogActs>
        <button type="button" className="btn" onClick={onClose}>
          Keep as it is
        </button>
        <button type="button" className="btn primary" disabled={is_sending} onClick={sync}>
          Sync {count}
        </button>
      </DialogActs>
    </Dialog>
  )
}

/** Numbers of the account that are nobody's: why they are not among the others. */
function NotTaken({ plan }: { plan: SyncPlan }) {
  if (plan.note === null) return null
  return (
    <div className="sync-list">
      <Part word="In no tenant" numbers={plan.not_taken} />
      <p className="dim">{plan.note}</p>
    </div>
  )
}

function Part({ word, numbers }: { word: string; numbers: readonly string[] }) {
  if (numbers.length === 0) return null
  return (
    <section>
      <h3 className="label">
        {word} <span className="dim">{numbers.length}</span>
      </h3>
      <ul className="num">
        {numbers.slice(0, 8).map((number) => (
          <li key={number}>{formatNumber(number)}</li>
        ))}
        {numbers.length > 8 && <li className="dim">{numbers.length - 8} more</li>}
      </ul>
    </section>
  )
}
