import { afterAll, beforeAll, expect, it } from 'vitest'
import { createCaller } from '../../../relay/simulator/caller-mind.ts'
import { ACME_CALLERS } from '../../../relay/simulator/caller-scripts-acme.ts'
import { NORTHWIND_CALLERS } from '../../../relay/simulator/caller-scripts-northwind.ts'
import { startDemoTraffic } from '../../../relay/simulator/demo-traffic.ts'
import { type Model, startModel } from '../../../relay/simulator/model.ts'
import { type PhoneNetwork, startPhoneNetwork } from '../../../relay/simulator/phone-network.ts'
import { createSpeech, type Speech } from '../../../relay/simulator/speech.ts'
import { bridge, connectTwiml, startTinyRelay, type TinyRelay, telephoneSession } from './tiny-relay.ts'

const OURS = '+13125550111'
let speech: Speech
let model: Model
let relay: TinyRelay
let network: PhoneNetwork

beforeAll(async () => {
  speech = createSpeech()
  model = await startModel({ api_key: 'k', speech, faults: { response_delay_ms: 50 } })
  const prompt = 'Greet the caller with: "Acme here."\n\nContext (JSON):\n{"company":"Acme","support_hours":"8 to 20"}'
  relay = await startTinyRelay(
    (seen, { media_url }) => (seen.path === '/voice' ? { body: connectTwiml(media_url) } : { status: 204 }),
    (socket) => bridge(socket, model.base_url, 'k', telephoneSession(prompt)),
  )
  const numbers = [{ phone_number: OURS, friendly_name: 'Billing support', voice_url: `${relay.url}/voice` }]
  network = await startPhoneNetwork({ account_sid: `AC${'0'.repeat(32)}`, auth_token: 't', numbers, speech })
})
afterAll(async () => {
  await network.close()
  await relay.close()
  await model.close()
  await speech.close()
})

it('a caller asks, hears the answer of the context, says goodbye, and the agent ends the call', async () => {
  const script = ACME_CALLERS.find(({ id }) => id === 'quick-hours')!
  const call = network.placeCall({ from: script.from, to: OURS, caller: createCaller(script, () => 0.5) })
  const end = await call.ended
  expect(call.heard.text).toMatch(/^Acme here\. .*support hours are 8 to 20\. .*[Gg]oodbye!$/)
  expect(end).toMatchObject({ status: 'completed', reason: 'relay_hung_up' })
  expect(call.errors).toEqual([])
}, 40_000)

it('barge-in clears playback: the caller hears only the beginning', async () => {
  const call = network.placeCall({ from: '+12125550111', to: OURS })
  await call.streaming
  await new Promise((resolve) => setTimeout(resolve, 700))
  await call.say('What are your support hours?')
  while (!call.heard.text.includes('support')) await new Promise((resolve) => setTimeout(resolve, 20))
  await call.say('Stop, please.')
  while (call.heard.cleared_ms === 0) await new Promise((resolve) => setTimeout(resolve, 20))
  expect(call.heard.text).not.toMatch(/20\. .*\?$/)
  call.hangUp()
}, 20_000)

it('the demo starts calling within a second, fills up, and stops when closed', async () => {
  const before = network.calls().length
  const started = performance.now()
  const traffic = startDemoTraffic({
    network,
    numbers: [{ phone_number: OURS, business: 'acme' }],
    concurrent: 3,
  })
  while (network.calls().length === before) await new Promise((resolve) => setTimeout(resolve, 10))
  expect(performance.now() - started).toBeLessThan(1_000)
  while (network.calls().length < before + 3) await new Promise((resolve) => setTimeout(resolve, 50))
  expect(performance.now() - started).toBeLessThan(6_000)
  await traffic.close()
  expect(network.calls().every((call) => call.status !== 'in-progress')).toBe(true)
}, 20_000)

it('callers are many, distinct, and call only from numbers reserved for fiction', () => {
  const all = [...ACME_CALLERS, ...NORTHWIND_CALLERS]
  expect(all.length).toBeGreaterThanOrEqual(24)
  for (const key of ['id', 'from', 'name'] as const)
    expect(new Set(all.map((script) => script[key])).size).toBe(all.length)
  for (const { from } of all) expect(from).toMatch(/^\+1\d{3}55501\d\d$/)
  expect(all.filter((script) => script.waits_for_person_ms).length).toBeGreaterThanOrEqual(6)
})
