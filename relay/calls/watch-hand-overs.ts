// A call that moves to another relay is nobody's until that relay has heard the answer. Who gave it looks, a little later,
// whether it arrived, and closes it if it did not.
import type { CallAnswer, CallCommand, CallSummaryRecord, MovedCall } from '../live/live-calls.ts'
import { messageOf } from '../platform/errors.ts'
import type { Logger } from '../platform/logger.ts'
import type { CallBus, CallRef, Clock, LiveDirectory } from '../platform/ports.ts'
import type { DocStore } from '../store/doc-store.ts'
import { tenantScope } from '../store/tenant-scope.ts'
import type { CallRecord } from './call-facts.ts'
import { callSessions, foldFact } from './call-records.ts'
import type { CloseLostCall } from './close-lost-call.ts'

/** The other relay lets go of a call that it has not taken up by then: see `live/live-calls.ts`. */
const LOOKS_AFTER_MS = 10_000
/** So often in a row nobody has it: another relay may be busy, and its facts on their way to the store. */
const MISSED = 3
/** While the store or the bus is away nothing can be known. What is still open after this is closed as forgotten. */
const LOOKS = 30
const DESCRIBED_WITHIN_MS = 1_000
const LOST = 'The call moved to another relay, which did not take it up.'

export interface WatchedBus extends CallBus<CallCommand, CallAnswer> {
  /** Nothing more is looked for. */
  close(): void
}

/** @returns the bus, on which a call that is handed over is followed until it has arrived or is closed */
export function watchHandOvers({
  bus,
  directory,
  store,
  closeLost,
  clock,
  log,
}: {
  bus: CallBus<CallCommand, CallAnswer>
  directory: Pick<LiveDirectory<CallSummaryRecord>, 'give'>
  store: DocStore
  closeLost: CloseLostCall
  clock: Clock
  log: Logger
}): WatchedBus {
  const due = new Set<{ cancel(): void }>()
  let isClosed = false

  /** @throws (rejects) when it cannot be known now */
  async function hasArrived(call: CallRef, given: number): Promise<boolean> {
    if ((await bus.send(call, { type: 'describe' }, DESCRIBED_WITHIN_MS)) !== null) return true
    const sessions = callSessions(store.forTenant(tenantScope(call.tenant_id, 'relay')))
    const stored = await sessions.findOne({ _id: call.call_sid }, { fields: ['facts_seq', 'ended_at'] })
    return stored !== null && (stored.ended_at !== null || stored.facts_seq > given)
  }

  /** @param missed looks in a row that found it nowhere */
  function follow(call: CallRef, facts: MovedCall['facts'], missed = 0, looks = LOOKS): void {
    if (isClosed || looks === 0) return
    const timer = clock.setTimeout(() => {
      due.delete(timer)
      look(call, facts, missed, looks).catch((error: unknown) => {
        const fields = { ...call, error: messageOf(error) }
        log.warn('Whether a call has arrived at another relay cannot be known now', fields)
        follow(call, facts, 0, looks - 1)
      })
    }, LOOKS_AFTER_MS)
    due.add(timer)
  }

  async function look(call: CallRef, facts: MovedCall['facts'], missed: number, looks: number): Promise<void> {
    if ((await hasArrived(call, facts.length)) || isClosed) return
    if (missed + 1 < MISSED) return follow(call, facts, missed + 1, looks - 1)
    await closeLost(recordOf(facts), LOST)
  }

  return {
    send: bus.send,
    serve: (call, handler) =>
      bus.serve(call, async (command) => {
        const answer = await handler(command)
        if (answer.moved) {
          const ref = { tenant_id: call.tenant_id, call_sid: call.call_sid }
          directory.give(ref)
          follow(ref, answer.moved.facts)
        }
        return answer
      }),
    close() {
      isClosed = true
      for (const timer of due) timer.cancel()
    },
  }
}

function recordOf([opened, ...later]: MovedCall['facts']): CallRecord {
  if (opened?.type !== 'call_opened') throw new Error('The first fact of a call is that it was opened.')
  const record = { ...opened.record, transcript: [...opened.record.transcript], facts_seq: 1 }
  later.forEach((fact, at) => {
    foldFact(record, at + 2, fact)
  })
  return record
}
