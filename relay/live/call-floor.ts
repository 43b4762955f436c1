// Where the calls of this relay are carried, as the doors see it: in this process, or in workers (`workers/`).
import type { CallStatus } from '../../shared/contract/calls.ts'
import type { TakeMedia } from '../platform/ports.ts'
import type { CallSetup } from './live-call.ts'
import type { Farewell, LiveCalls } from './live-calls.ts'

export interface CallFloor {
  /** Calls in progress. */
  readonly count: number
  readonly byTenant: ReadonlyMap<string, number>
  /** Calls we have left and the carrier has not yet asked how to go on with. */
  readonly unasked: number
  /** Nothing here keeps up with the calls it has: new ones would hurt them. */
  readonly isOverloaded: boolean
  has(call_sid: string): boolean
  /** @returns when the call session is on disk @throws StoreError NO_SPACE */
  open(setup: CallSetup): Promise<void>
  /** @returns true when the call is, or was a moment ago, in progress here: its record ends by itself */
  carrierEnded(call_sid: string, status: CallStatus): boolean
  /** The carrier asks how to go on now that its stream has ended. @returns null for a call that was not here */
  carrierAsks(call_sid: string, is_over: boolean): Promise<Farewell | null>
  /** It could not open or keep the stream. @returns true when the call is, or was a moment ago, in progress here */
  streamFailed(call_sid: string, error: string): boolean
  /** The carrier's socket for a call; whose it is, its first message says again. */
  takeMedia(call_sid: string, ...media: Parameters<TakeMedia>): void
  endAll(by: string, say: string): void
  close(): Promise<void>
}

/** Everything in this one process. */
export function localFloor(live: LiveCalls, takeMedia: TakeMedia): CallFloor {
  return {
    get count() {
      return live.count
    },
    get byTenant() {
      return live.byTenant
    },
    get unasked() {
      return live.unasked
    },
    get isOverloaded() {
      return live.isOverloaded
    },
    has: (call_sid) => live.get(call_sid) !== null,
    open: (setup) => live.open(setup),
    carrierEnded: (call_sid, status) => live.carrierEnded(call_sid, status),
    carrierAsks: async (call_sid, is_over) => live.carrierAsks(call_sid, is_over),
    streamFailed: (call_sid, error) => live.streamFailed(call_sid, error),
    takeMedia: (_call_sid, request, socket, head) => takeMedia(request, socket, head),
    endAll: (by, say) => live.endAll(by, say),
    close: async () => live.close(),
  }
}
