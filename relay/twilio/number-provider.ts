// The account's phone numbers through the carrier's REST API.
import type { CarrierNumber, NumberProvider } from '../numbers/number-ports.ts'
import { RelayError } from '../platform/errors.ts'
import { asking, type TwilioClient } from './twilio-client.ts'

/** Time limits and retries of our voice webhook, as a fragment the carrier reads and does not send. Source: protocols A.4. */
const OVERRIDES = '#ct=2000&rt=5000&rc=2&rp=all'

/** The largest page Twilio gives; the client reads on until the last one. */
const PAGE_SIZE = 1000

/** Where a number's webhooks point when it is ours. */
export const voiceUrls = (public_url: string) => ({
  voice_url: `${public_url}/receive_call${OVERRIDES}`,
  voice_fallback_url: `${public_url}/call_fallback`,
  status_callback: `${public_url}/call_status`,
})

export function twilioNumbers(client: TwilioClient, public_url: string): NumberProvider {
  const urls = voiceUrls(public_url)
  return {
    async list() {
      const numbers = await asking(client.incomingPhoneNumbers.list({ pageSize: PAGE_SIZE }))
      return numbers.map(
        (number): CarrierNumber => ({
          twilio_sid: number.sid,
          phone_number: number.phoneNumber,
          friendly_name: number.friendlyName,
          capabilities: Object.entries(number.capabilities)
            .filter(([, has]) => has)
            .map(([name]) => name),
          webhook_urls: urlsOf(number),
        }),
      )
    },
    async pointHere(twilio_sid) {
      const number = await asking(
        client.incomingPhoneNumbers(twilio_sid).update({
          voiceUrl: urls.voice_url,
          voiceMethod: 'POST',
          voiceFallbackUrl: urls.voice_fallback_url,
          voiceFallbackMethod: 'POST',
          statusCallback: urls.status_callback,
          statusCallbackMethod: 'POST',
        }),
      )
      refuseIfTaken(number)
      return urlsOf(number)
    },
    async remember(twilio_sid) {
      const number = client.incomingPhoneNumbers(twilio_sid)
      const before = await asking(number.fetch())
      return async () => {
        await asking(
          number.update({
            voiceUrl: before.voiceUrl ?? '',
            voiceMethod: before.voiceMethod,
            voiceFallbackUrl: before.voiceFallbackUrl ?? '',
            voiceFallbackMethod: before.voiceFallbackMethod,
            statusCallback: before.statusCallback ?? '',
            statusCallbackMethod: before.statusCallbackMethod,
          }),
        )
      }
    },
  }
}

/** Where one of these is set, Twilio does not look at the webhooks. Source: protocols C.2. */
function refuseIfTaken({
  voiceApplicationSid,
  trunkSid,
}: {
  voiceApplicationSid: string | null
  trunkSid: string | null
}) {
  const [what, sid] = voiceApplicationSid ? ['TwiML app', voiceApplicationSid] : ['SIP trunk', trunkSid]
  if (!sid) return
  const detail = `At Twilio the ${what} ${sid} is set on it and takes its calls. Take it off there, then try again.`
  throw new RelayError('CARRIER_FAILED', { detail })
}

function urlsOf(number: {
  voiceUrl: string | null
  statusCallback: string | null
  voiceFallbackUrl: string | null
}): CarrierNumber['webhook_urls'] {
  return {
    voice: number.voiceUrl || null,
    status: number.statusCallback || null,
    fallback: number.voiceFallbackUrl || null,
  }
}
