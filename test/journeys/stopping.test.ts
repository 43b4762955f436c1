// A relay that stops while a call goes on, and a carrier that is not next door: the caller hears a sentence.
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { afterEach, expect, it } from 'vitest'
import { startPhoneNetwork } from '../../relay/simulator/phone-network.ts'
import { createSpeech } from '../../relay/simulator/speech.ts'
import { simulatedNumbers } from '../../relay/tenants/demo-tenants.ts'
import { voiceUrls } from '../../relay/twilio/number-provider.ts'
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

/** What leads to a port, as late each way as it is told to be. */
async function farRoad(port: number): Promise<{ url: string; late(ms: number): void }> {
  let late_ms = 0
  const server = createServer({ allowHalfOpen: true }, (here) => {
    const there = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
    const pass = (from: Socket, to: Socket): void => {
      from.on('data', (bytes) => setTimeout(() => to.write(bytes), late_ms))
      from.on('end', () => setTimeout(() => to.end(), late_ms))
      from.on('error', () => setTimeout(() => to.destroy(), late_ms))
    }
    pass(here, there)
    pass(there, here)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closers.push(() => server.close())
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    late: (ms) => {
      late_ms = ms
    },
  }
}

it.each([0, 1])('with %i call workers the carrier is still told what to say', async (workers) => {
  const port = await freePort()
  const road = await farRoad(port)
  const model = await startScriptedModel()
  closers.push(() => model.close())
  const numbers = simulatedNumbers([], voiceUrls(road.url))
  const network = await startPhoneNetwork({ ...TWILIO, numbers, speech: createSpeech({}) })
  closers.push(() => network.close())
  const test = await startTestRelay({
    workers,
    port,
    public_url: road.url,
    openai: { api_key: 'a key', base_url: model.base_url },
    twilio: { ...TWILIO, api_base_url: network.base_url },
  })
  closers.push(() => test.close())
  const call = network.placeCall({ from: '+14155550142', to: '+13125550110' })
  await call.streaming
  await (await model.session()).next('response.create')
  road.late(AWAY_MS)
  await test.relay.close(0)
  const asked = () => call.requests.filter(({ url }) => url.includes('stream_ended'))
  await until(() => asked().some(({ status }) => status !== null))
  expect(asked()[0]).toMatchObject({ status: 200, body: expect.stringContaining('we have to end this call') })
})
