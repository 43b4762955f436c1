// What the container meets outside: a carrier and a model of their own, known to it by address and key only, and a person
// who gives a number to an agent and calls it. Every webhook of the carrier is signed; the relay answers no other.
import { startModel } from '../../relay/simulator/model.ts'
import { type PhoneNetwork, startPhoneNetwork } from '../../relay/simulator/phone-network.ts'
import { createSpeech } from '../../relay/simulator/speech.ts'
import { type Client, signIn, until } from '../support/running-relay.ts'

export const NUMBER = '+13125550177'
const CALLER = '+14155550142'
const GREETING = 'Thank you for calling. How can I help you?'
const PATIENCE_MS = 60_000

export interface Outside {
  network: PhoneNetwork
  /** What the relay is told of it. */
  env: Record<string, string>
  auth_token: string
  api_key: string
  close(): Promise<void>
}

export async function startOutside(): Promise<Outside> {
  const speech = createSpeech()
  const account_sid = `AC${'7'.repeat(32)}`
  const auth_token = 'f'.repeat(32)
  const api_key = 'sk-of-the-outside'
  const network = await startPhoneNetwork({
    account_sid,
    auth_token,
    numbers: [{ phone_number: NUMBER, friendly_name: 'Main line' }],
    speech,
  })
  const model = await startModel({ api_key, speech })
  return {
    network,
    env: {
      TWILIO_ACCOUNT_SID: account_sid,
      TWILIO_API_BASE_URL: network.base_url,
      OPENAI_BASE_URL: model.base_url,
    },
    auth_token,
    api_key,
    async close() {
      await network.close()
      await model.close()
      await speech.close()
    },
  }
}

/** Signs the first admin in and puts an agent on the number. */
export async function openForCalls(url: string, email: string, password: string): Promise<Client> {
  const admin = await signIn(url, email, password)
  await admin.ok('syncNumbers', { body: {} })
  const body = {
    name: 'Main line',
    type: 'inbound' as const,
    system_prompt: 'You answer the main line.',
    greeting_message: GREETING,
    phone_numbers: [NUMBER],
  }
  await admin.ok('createAgent', { body })
  return admin
}

/** A caller who has been greeted. */
export async function callAndHearGreeting(network: PhoneNetwork) {
  const call = network.placeCall({ from: CALLER, to: NUMBER })
  await until(() => call.heard.text.includes('help you'), PATIENCE_MS)
  return call
}

type Call = Awaited<ReturnType<typeof callAndHearGreeting>>

/** The caller says something, and the agent has answered. */
export async function talk(call: Call): Promise<void> {
  const before = call.heard.words.length
  await call.say('I have a question about my last invoice.')
  await until(() => call.heard.words.length > before + 2, PATIENCE_MS)
}

/** The call session once it has ended in the store. */
export const recordOf = (admin: Client, call: Call) =>
  until(async () => {
    const answer = await admin.call('getCall', { params: { call_sid: call.call_sid } })
    return answer.status === 200 && answer.body.ended_at ? answer.body : null
  }, PATIENCE_MS)

/** @returns the status with which a webhook is answered that anyone could have sent */
export async function sendUnsigned(url: string): Promise<number> {
  const form = new URLSearchParams({ CallSid: `CA${'0'.repeat(32)}`, From: CALLER, To: NUMBER })
  const answer = await fetch(`${url}/receive_call`, { method: 'POST', body: form })
  return answer.status
}
