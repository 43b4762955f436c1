import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type PhoneNetwork, startPhoneNetwork } from '../../relay/simulator/phone-network.ts'
import { createSpeech, type Speech } from '../../relay/simulator/speech.ts'
import { freePort, type RelayProcess, startRelayProcess } from '../support/relay-process.ts'
import { type Client, signIn, until } from '../support/running-relay.ts'
import { type ScriptedModel, startScriptedModel } from '../support/scripted-model.ts'

const ADMIN = { email: 'admin@company.example', password: 'a long enough password' }
const NUMBER = '+13125550177'
const ACCOUNT = { account_sid: `AC${'7'.repeat(32)}`, auth_token: 'f'.repeat(32) }

let speech: Speech
let network: PhoneNetwork
let model: ScriptedModel
let data_dir: string
let env: Record<string, string>
let relay: RelayProcess
let admin: Client

/** The relay of someone with an account of their own: an outside that it only knows by its addresses. */
beforeAll(async () => {
  speech = createSpeech()
  network = await startPhoneNetwork({
    ...ACCOUNT,
    numbers: [{ phone_number: NUMBER, friendly_name: 'Main line' }],
    speech,
  })
  model = await startScriptedModel()
  data_dir = mkdtempSync(join(tmpdir(), 'phony-kill-'))
  const port = await freePort()
  env = {
    PORT: String(port),
    PUBLIC_URL: `http://127.0.0.1:${port}`,
    DATA_DIR: data_dir,
    ADMIN_EMAIL: ADMIN.email,
    ADMIN_PASSWORD: ADMIN.password,
    TWILIO_ACCOUNT_SID: ACCOUNT.account_sid,
    TWILIO_AUTH_TOKEN: ACCOUNT.auth_token,
    TWILIO_API_BASE_URL: network.base_url,
    OPENAI_API_KEY: 'a key',
    OPENAI_BASE_URL: model.base_url,
  }
  relay = await startRelayProcess(env)
  admin = await signIn(relay.url, ADMIN.email, ADMIN.password)
  expect(await admin.ok('syncNumbers', { body: {} })).toMatchObject({ added: [NUMBER] })
  await admin.ok('createAgent', {
    body: { name: 'Main line', type: 'inbound', system_prompt: 'You answer the main line.', phone_numbers: [NUMBER] },
  })
}, 40_000)
afterAll(async () => {
  await relay?.end('SIGKILL')
  await network?.close()
  await model?.close()
  await speech?.close()
  rmSync(data_dir, { recursive: true, force: true })
})

describe('[L14] kill -9 in mid-call', () => {
  it.each([1, 2, 3])(
    'round %i: no published final turn is lost or doubled, no call stays open, each counts once',
    async (round) => {
      const feed = await admin.events()
      const before = (await admin.ok('getAnalytics', { query: {} })).summary.total_calls
      const call = network.placeCall({ from: '+14155550142', to: NUMBER })
      const session = await model.session(model.sessions.length)
      await session.next('response.create')
      let spoken = 0
      const talk = setInterval(() => {
        const item_id = `c${++spoken}`
        session.send({ type: 'input_audio_buffer.speech_started', item_id, audio_start_ms: spoken * 40 })
        session.send({
          type: 'conversation.item.input_audio_transcription.completed',
          item_id,
          content_index: 0,
          transcript: `Sentence ${spoken}.`,
        })
      }, 15)
      await until(
        () => feed.all.filter((event) => event.event_type === 'call.transcript' && event.turn.is_final).length > 10,
      )
      await new Promise((resolve) => setTimeout(resolve, 100 + Math.random() * 900))
      clearInterval(talk)
      await relay.end('SIGKILL')
      const published = feed.all.flatMap((event) =>
        event.event_type === 'call.transcript' &&
        event.turn.is_final &&
        event.turn.kind === 'speech' &&
        event.turn.speaker === 'caller'
          ? [event.turn.text]
          : [],
      )
      expect(published.length).toBeGreaterThan(10)

      relay = await startRelayProcess(env)
      admin = await signIn(relay.url, ADMIN.email, ADMIN.password)
      const record = await until(async () => {
        const found = await admin.ok('getCall', { params: { call_sid: call.call_sid } })
        return found.ended_at && found
      })
      const kept = record.transcript.flatMap((turn) =>
        turn.kind === 'speech' && turn.speaker === 'caller' ? [turn.text] : [],
      )
      expect(published.filter((text) => !kept.includes(text))).toEqual([])
      expect(new Set(kept).size).toBe(kept.length)
      expect(record).toMatchObject({
        status: 'completed',
        outcome: 'failed',
        end_reason: 'The relay stopped during the call.',
      })
      expect((await admin.ok('listLiveCalls', {})).items).toEqual([])
      await until(async () => (await admin.ok('getAnalytics', { query: {} })).summary.total_calls === before + 1)
      expect(round).toBeGreaterThan(0)
    },
    60_000,
  )

  it('after it the next call is answered', async () => {
    const call = network.placeCall({ from: '+14155550142', to: NUMBER })
    const session = await model.session(model.sessions.length)
    await session.next('response.create')
    call.hangUp()
    await call.ended
  })
})

describe('the relay as a program', () => {
  it('SIGTERM: drains, ends with 0 and leaves nothing listening', async () => {
    const call = network.placeCall({ from: '+14155550142', to: NUMBER })
    const session = await model.session(model.sessions.length)
    await session.next('response.create')
    // As a terminal does it: the whole group is told, and the one who started it passes it on.
    relay.child.kill('SIGINT')
    const ending = relay.end('SIGTERM')
    await new Promise((resolve) => setTimeout(resolve, 500))
    const refused = network.placeCall({ from: '+14155550143', to: NUMBER })
    await refused.ended
    expect(refused.heard.text).toContain('try again in a minute')
    session.speak('Goodbye then.', 300, {
      tool_calls: [{ name: 'end_call', arguments: '{"outcome":"resolved","summary":"Done."}' }],
    })
    await call.ended
    expect(await ending).toBe(0)
    await expect(fetch(relay.url)).rejects.toThrow()
    relay = await startRelayProcess(env)
    admin = await signIn(relay.url, ADMIN.email, ADMIN.password)
    expect((await admin.ok('getCall', { params: { call_sid: call.call_sid } })).outcome).toBe('resolved')
  }, 60_000)

  it.each([
    [
      'a port that is taken',
      () => ({ ...env, DATA_DIR: mkdtempSync(join(tmpdir(), 'phony-port-')) }),
      /Port \d+ is taken by another program/,
    ],
    ['a data folder that another relay has', () => ({ ...env, PORT: '0' }), /another|already|in use|pid/i],
    [
      'faulty settings',
      () => ({ ...env, PORT: 'many', TWILIO_ACCOUNT_SID: 'AC1', DEMO: 'perhaps' }),
      /PORT: .*\n\s+TWILIO_ACCOUNT_SID: .*\n\s+DEMO: /,
    ],
    [
      'a database that is not supported yet',
      () => ({ ...env, PORT: '0', MONGODB_URL: 'mongodb://127.0.0.1' }),
      /MONGODB_URL: MongoDB is not supported yet/,
    ],
    ['known passwords beside real credentials', () => ({ ...env, PORT: '0', DEMO: 'true' }), /DEMO: /],
  ])('%s: one clear sentence and an end', async (_name, change, sentence) => {
    await expect(startRelayProcess(change() as Record<string, string>)).rejects.toThrow(sentence)
  })
})
