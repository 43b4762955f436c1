import type { CallSummary } from '../../../../shared/contract/calls.ts'

/** When millisecond 0 of a call's clock was. Epoch milliseconds. @source contract/calls.ts, `stream_started_at` */
export function clockZero(call: CallSummary): number {
  return Date.parse(call.live?.stream_started_at ?? call.answered_at ?? call.started_at)
}
