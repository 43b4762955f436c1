// The carrier's adapter against the simulated account, over its own REST wire.
import { afterEach, describe, expect, it } from 'vitest'
import { type PhoneNetwork, startPhoneNetwork } from '../../../relay/simulator/phone-network.ts'
import type { Speech } from '../../../relay/simulator/speech.ts'
import { twilioNumbers } from '../../../relay/twilio/number-provider.ts'
import { createTwilioClient } from '../../../relay/twilio/twilio-client.ts'
import { numberAt } from './number-bench.ts'

const ACCOUNT = { account_sid: `AC${'1'.repeat(32)}`, auth_token: 'a'.repeat(32) }
let network: PhoneNetwork
afterEach(() => network.close())

async function account(numbers: number) {
  network = await startPhoneNetwork({
    ...ACCOUNT,
    numbers: Array.from({ length: numbers }, (_, index) => ({ phone_number: numberAt(index), friendly_name: 'Line' })),
    speech: {} as Speech,
  })
  const client = createTwilioClient({ ...ACCOUNT, api_base_url: network.base_url })
  return { client, provider: twilioNumbers(client, 'https://relay.example') }
}

describe('the carrier’s numbers', () => {
  it('all of them are read, over as many pages as they take', async () => {
    const { provider } = await account(2_300)
    const numbers = await provider.list()
    expect(new Set(numbers.map((number) => number.phone_number)).size).toBe(2_300)
  })

  it('a number that was pointed here is put back as it was, with its methods', async () => {
    const { client, provider } = await account(1)
    const { twilio_sid } = (await provider.list())[0]!
    const resource = client.incomingPhoneNumbers(twilio_sid)
    await resource.update({ voiceUrl: 'https://old.example/voice', voiceMethod: 'GET', statusCallback: '' })
    const facts = async () => {
      const { voiceUrl, voiceMethod, voiceFallbackUrl, statusCallback } = await resource.fetch()
      return { voiceUrl, voiceMethod, voiceFallbackUrl, statusCallback }
    }
    const before = await facts()
    const putBack = await provider.remember(twilio_sid)
    expect((await provider.pointHere(twilio_sid)).voice).toContain('https://relay.example/receive_call')
    expect(await facts()).not.toEqual(before)
    await putBack()
    expect(await facts()).toEqual(before)
  })

  it.each([
    ['voiceApplicationSid', `AP${'3'.repeat(32)}`, 'TwiML app'],
    ['trunkSid', `TK${'4'.repeat(32)}`, 'SIP trunk'],
  ])('a number whose calls a %s takes is refused, and what takes them is named', async (field, sid, name) => {
    const { client, provider } = await account(1)
    const { twilio_sid } = (await provider.list())[0]!
    await client.incomingPhoneNumbers(twilio_sid).update({ [field]: sid })
    await expect(provider.pointHere(twilio_sid)).rejects.toMatchObject({
      code: 'CARRIER_FAILED',
      message: `At Twilio the ${name} ${sid} is set on it and takes its calls. Take it off there, then try again.`,
    })
  })

  it('a number that is not in the account is refused with what the carrier says', async () => {
    const { provider } = await account(0)
    await expect(provider.remember('PNnone')).rejects.toMatchObject({
      code: 'CARRIER_FAILED',
      message: expect.stringContaining('404'),
    })
  })
})
