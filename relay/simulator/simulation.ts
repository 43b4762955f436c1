// What stands in for the outside services that have no credentials: started beside the relay, reached by it only
// through their listeners, like the real ones.
import { randomBytes } from 'node:crypto'
import { type Business, type DemoTraffic, startDemoTraffic } from './demo-traffic.ts'
import { type Model, startModel } from './model.ts'
import { type PhoneNetwork, type PhoneNumberOptions, startPhoneNetwork } from './phone-network.ts'
import { createSpeech, type Log } from './speech.ts'

export interface SimulationOptions {
  /** Null: the phone network is real. */
  phone: { numbers: PhoneNumberOptions[] } | null
  model: boolean
  log?: Log
}
export interface Simulation {
  readonly network: PhoneNetwork | null
  readonly model: Model | null
  /** Account of the simulated network; null when it is real. */
  readonly twilio: { account_sid: string; auth_token: string; api_base_url: string } | null
  readonly openai: { api_key: string; base_url: string } | null
  /** Lets callers call. */
  startTraffic(numbers: { phone_number: string; business: Business }[], concurrent: number): void
  stopTraffic(): Promise<void>
  close(): Promise<void>
}

const ACCOUNT_SID = 'AC00000000000000000000000000000001'

/** @throws (rejects) when a listener cannot start */
export async function startSimulation({ phone, model, log }: SimulationOptions): Promise<Simulation> {
  const speech = createSpeech(log ? { log } : {})
  const auth_token = randomBytes(16).toString('hex')
  const api_key = `sim-${randomBytes(16).toString('hex')}`
  const logged = log ? { log } : {}
  const network = phone
    ? await startPhoneNetwork({
        account_sid: ACCOUNT_SID,
        auth_token,
        numbers: phone.numbers,
        speech,
        ...logged,
      })
    : null
  const listener = model ? await startModel({ api_key, speech, ...logged }) : null
  let traffic: DemoTraffic | null = null

  return {
    network,
    model: listener,
    twilio: network && { account_sid: ACCOUNT_SID, auth_token, api_base_url: network.base_url },
    openai: listener && { api_key, base_url: listener.base_url },
    startTraffic(numbers, concurrent) {
      if (network) traffic = startDemoTraffic({ network, numbers, concurrent, ...logged })
    },
    async stopTraffic() {
      await traffic?.close()
      traffic = null
    },
    async close() {
      await traffic?.close()
      await network?.close()
      await listener?.close()
      await speech.close()
    },
  }
}
