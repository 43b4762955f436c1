import { useEffect, useRef, useState } from 'react'
import type { CallSummary, Outcome } from '../../../../shared/contract/calls.ts'
import { OUTCOMES } from '../../../../shared/contract/calls.ts'
import { Dialog, DialogActs } from '../../components/dialog.tsx'
import { Labelled, Options, Select } from '../../components/field.tsx'
import { tell, tellRefused } from '../../components/toast.tsx'
import { useActions, useConsole, useConsoleState } from '../../lib/console-context.tsx'
import { maskNumber } from '../../lib/format.ts'
import { OUTCOME_WORDS } from '../../lib/wording.ts'
import { createCallActions } from './call-actions.ts'
import { callerOf } from './card.tsx'

/** What a person can say of a call they end. */
const CHOICES = OUTCOMES.filter((outcome) => outcome !== 'refused' && outcome !== 'failed')

export function EndCallDialog({
  call,
  focusAfter,
  onClose,
}: {
  call: CallSummary
  /** What has the focus once the call is over: the button that asked is off then. */
  focusAfter: () => HTMLElement | null
  onClose: () => void
}) {
  const actions = useActions(createCallActions)
  const { store } = useConsole()
  const [outcome, setOutcome] = useState<Outcome>('unresolved')
  const [is_ending, setEnding] = useState(false)
  const number = maskNumber(callerOf(call))
  const known = useConsoleState((state) => state.calls[call.call_sid])
  const is_over = useRef(false)
  const close = () => {
    is_over.current = true
    onClose()
  }
  // The call may end by itself while the question stands: then there is nothing left to ask.
  // biome-ignore lint/correctness/useExhaustiveDependencies: once, when it ended
  useEffect(() => {
    if (!known || known.ended_at === null || is_ending) return
    close()
    tell(endWords(known), number)
  }, [known?.ended_at, is_ending])
  const end = async () => {
    setEnding(true)
    const reply = await actions.hangUp(call.call_sid, { outcome })
    if (reply.ok) {
      close()
      tell('Call ended', `${number}, ${OUTCOME_WORDS[outcome].toLowerCase()}`)
    } else if (reply.problem.code === 'CALL_NOT_LIVE') {
      close()
      tell(endWords(store.getState().calls[call.call_sid]), number)
    } else {
      onClose()
      tellRefused('The call was not ended', reply.problem)
    }
  }
  return (
    <Dialog
      title={`End the call with ${number}?`}
      says="The line is closed at once. This cannot be undone."
      focusAfter={() => (is_over.current ? focusAfter() : null)}
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

/** How a call ended that ended by itself. @source design.md section 6 */
function endWords(call: CallSummary | undefined): string {
  if (!call || call.ended_at === null) return 'The call was over already'
  const why = (call.end_reason ?? 'The call ended').replace(/\.$/, '')
  return call.outcome ? `${why}, ${OUTCOME_WORDS[call.outcome].toLowerCase()}` : why
}
