import { useState } from 'react'
import type { CallSummary, Outcome } from '../../../../shared/contract/calls.ts'
import { OUTCOMES } from '../../../../shared/contract/calls.ts'
import { Dialog, DialogActs } from '../../components/dialog.tsx'
import { Labelled, Options, Select } from '../../components/field.tsx'
import { tell, tellRefused } from '../../components/toast.tsx'
import { useActions } from '../../lib/console-context.tsx'
import { maskNumber } from '../../lib/format.ts'
import { OUTCOME_WORDS } from '../../lib/wording.ts'
import { createCallActions } from './call-actions.ts'
import { callerOf } from './card.tsx'

/** What a person can say of a call they end. */
const CHOICES = OUTCOMES.filter((outcome) => outcome !== 'refused' && outcome !== 'failed')

export function EndCallDialog({ call, onClose }: { call: CallSummary; onClose: () => void }) {
  const actions = useActions(createCallActions)
  const [outcome, setOutcome] = useState<Outcome>('unresolved')
  const [is_ending, setEnding] = useState(false)
  const number = maskNumber(callerOf(call))
  const end = async () => {
    setEnding(true)
    const reply = await actions.hangUp(call.call_sid, { outcome })
    onClose()
    if (reply.ok) tell('Call ended', `${number}, ${OUTCOME_WORDS[outcome].toLowerCase()}`)
    else tellRefused('The call was not ended', reply.problem)
  }
  return (
    <Dialog
      title={`End the call with ${number}?`}
      says="The line is closed at once. This cannot be undone."
      onClose={onClose}
    >
      <div className="mt-3">
        <Labelled label="Outcome">
          {(ids) => (
            <Select {...ids} value={outcome} onChange={(event) => setOutcome(event.target.value as Outcome)}>
              <Options of={CHOICES} words={OUTCOME_WORDS} />
            </Select>
          )}
        </Labelled>
      </div>
      <DialogActs>
        <button type="button" className="btn" onClick={onClose}>
          Keep the call
        </button>
        <button type="button" className="btn danger solid" disabled={is_ending} onClick={end}>
          End call
        </button>
      </DialogActs>
    </Dialog>
  )
}
