// A relay that stops while a call goes on, and a carrier that is not next door: the caller hears a sentence.
import { afterEach, expect, it } from 'vitest'
import { startPhoneNetwork } from '../../relay/simulator/phone-network.ts'
import { createSpeech } from '../../relay/simulator/speech.ts'
import { simulatedNumbers } from '../../relay/tenants/demo-tenants.ts'
import { voiceUrls } from '../../relay/twilio/number-provider.ts'
import { startFaultProxy } from '../support/fault-proxy.ts'
import { freePort } from '../support/relay-process.ts'
import { startTestRelay } from '../support/running-relay.ts'
import { startScriptedModel } from '../support/scripted-model.ts'
import { until } from '../support/until.ts'

const TWILIO = { account_sid: 'AC00000000000000000000000000000001', auth_token: '0123456789abcdef0123456789abcdef' }
const AWAY_MS = 100

let closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
  closers = []
})

it.each([0, 1])('with %i call workers the carrier is still told what to say', async (workers) => {
  const port = await freePort()
  const road = await startFaultProxy(port)
  closers.push(() => road.close())
  const public_url = `http://127.0.0.1:${road.port}`
  const model = await startScriptedModel()
  closers.push(() => model.close())
  const numbers = simulatedNumbers([], voiceUrls(public_url))
  const network = await startPhoneNetwork({ ...TWILIO, numbers, speech: createSpeech({}) })
  closers.push(() => network.close())
  const test = await startTestRelay({
    workers,
    port,
    public_url,
    openai: { api_key: 'a key', base_url: model.base_url },
    twilio: { ...TWILIO, api_base_url: network.base_url },
  })
  closers.push(() => test.close())
  const call = network.placeCall({ from: '+14155550142', to: '+13125550110' })
  await call.streaming
  await (await model.session()).next('response.create')
  await road.set({ kind: 'latency', ms: AWAY_MS })
  await test.relay.close(0)
  const asked = () => call.requests.filter(({ url }) => url.includes('stream_ended'))
  await until(() => asked().some(({ status }) => status !== null))
  expect(asked()[0]).toMatchObject({ status: 200, body: expect.stringContaining('we have to end this call') })
})
