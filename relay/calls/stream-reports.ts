// What the carrier says and asks about media streams, at whichever relay: that one failed, and how a call goes on once
// its stream has ended. The relay that has, or had, the call knows; what is to be said it has kept for the others.
import type { CallFloor } from '../live/call-floor.ts'
import { APOLOGY } from '../live/call-machine.ts'
import type { CallAnswer, CallCommand, Farewell } from '../live/live-calls.ts'
import { pause } from '../platform/clock.ts'
import type { CallBus, Clock, TicketStore } from '../platform/ports.ts'
import type { DocStore } from '../store/doc-store.ts'
import { tenantOfCall } from './call-records.ts'

export interface StreamReports {
  /** The stream of a call could not be opened or kept. @param error in the carrier's words */
  failed(call_sid: string, error: string): Promise<void>
  /**
   * The stream of a call has ended. Never rejects: a store that is away must not leave a caller with an error message.
   * @param is_over the carrier says that the call is over, too
   * @returns what it is to say before it hangs up; null when nothing
   */
  ended(call_sid: string, is_over: boolean): Promise<string | null>
}

const TOLD_WITHIN_MS = 1_000
/** Another relay's words may be on their way while the carrier asks here. */
const KEPT_AFTER_MS = 150

export function createStreamReports(deps: {
  store: DocStore
  floor: Pick<CallFloor, 'carrierAsks' | 'streamFailed'>
  bus: Pick<CallBus<CallCommand, CallAnswer>, 'send'>
  farewells: Pick<TicketStore<Farewell>, 'take'>
  clock: Clock
}): StreamReports {
  async function tellOwner(call_sid: string, error: string | null): Promise<void> {
    const tenant_id = await tenantOfCall(deps.store, call_sid)
    if (tenant_id) await deps.bus.send({ tenant_id, call_sid }, { type: 'stream_failed', error }, TOLD_WITHIN_MS)
  }

  const kept = (call_sid: string): Promise<Farewell | null> => deps.farewells.take(call_sid).catch(() => null)

  return {
    async failed(call_sid, error) {
      if (!deps.floor.streamFailed(call_sid, error)) await tellOwner(call_sid, error)
    },
    async ended(call_sid, is_over) {
      const here = await deps.floor.carrierAsks(call_sid, is_over)
      if (here) return here.say
      if (is_over) return null
      const said = (await kept(call_sid)) ?? (await pause(deps.clock, KEPT_AFTER_MS).then(() => kept(call_sid)))
      if (said) return said.say
      // Nobody has said goodbye: the caller is still there, and hears at least why it ends.
      tellOwner(call_sid, null).catch(() => {})
      return APOLOGY
    },
  }
}
