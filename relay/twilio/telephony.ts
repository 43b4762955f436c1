// The carrier's switchboard through its REST API.
import type { Telephony } from '../live/live-ports.ts'
import { RelayError } from '../platform/errors.ts'
import { asking, type TwilioClient } from './twilio-client.ts'

/** Not there, or in no state to be ended: it is over, and that is what was wanted. Source: protocols C.3. */
const IS_OVER = new Set([20404, 21220])

export function twilioTelephony(client: TwilioClient): Telephony {
  return {
    async hangUp(call_sid) {
      try {
        await asking(client.calls(call_sid).update({ status: 'completed' }))
      } catch (error) {
        const cause = error instanceof RelayError ? (error.cause as { code?: number }) : null
        if (!cause || !IS_OVER.has(cause.code ?? 0)) throw error
      }
    },
  }
}
