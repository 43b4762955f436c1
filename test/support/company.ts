// A company with an account of its own: relays as processes, an outside they only know by its addresses, one admin, one
// number and its agent. Several relays stand behind one address, as behind a load balancer.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'vitest'
import { type PhoneNetwork, startPhoneNetwork } from '../../relay/simulator/phone-network.ts'
import { createSpeech } from '../../relay/simulator/speech.ts'
import { type Balancer, startBalancer } from './balancer.ts'
import { freePort, type RelayProcess, startRelayProcess } from './relay-process.ts'
import { type Client, type EventFeed, signIn, until } from './running-relay.ts'
import { type ScriptedModel, type ScriptedSession, startScriptedModel } from './scripted-model.ts'

export const ADMIN = { email: 'admin@company.example', password: 'a long enough password' }
export const NUMBER = '+13125550177'
const ACCOUNT = { account_sid: `AC${'7'.repeat(32)}`, auth_token: 'f'.repeat(32) }

export interface Company {
  network: PhoneNetwork
  model: ScriptedModel
  /** Where the carrier and the consoles find the relays. */
  public_url: string
  balancer: Balancer
  relays: RelayProcess[]
  envs: Record<string, string>[]
  /** Signs the admin in at one relay. */
  admin(relay?: number): Promise<Client>
  /** Ends a relay where it stands. */
  kill(relay?: number): Promise<void>
  start(relay?: number): Promise<void>
  /** A call whose caller says a numbered sentence every few milliseconds until `stop`. */
  talk(
    every_ms?: number,
  ): Promise<{ call: ReturnType<PhoneNetwork['placeCall']>; session: ScriptedSession; stop(): void }>
  close(): Promise<void>
}

/** @param env settings of every relay, beside those of the outside */
export async function startCompany(env: Record<string, string> = {}, count = 1): Promise<Company> {
  const speech = createSpeech()
  const network = await startPhoneNetwork({
    ...ACCOUNT,
    numbers: [{ phone_number: NUMBER, friendly_name: 'Main line' }],
    speech,
  })
  const model = await startScriptedModel()
  const ports = await Promise.all(Array.from({ length: count }, freePort))
  const balancer = await startBalancer(ports)
  const folders = ports.map(() => mkdtempSync(join(tmpdir(), 'phony-company-')))
  const envs = ports.map((port, index) => ({
    PORT: String(port),
    PUBLIC_URL: balancer.url,
    DATA_DIR: folders[index]!,
    ADMIN_EMAIL: ADMIN.email,
    ADMIN_PASSWORD: ADMIN.password,
    TWILIO_ACCOUNT_SID: ACCOUNT.account_sid,
    TWILIO_AUTH_TOKEN: ACCOUNT.auth_token,
    TWILIO_API_BASE_URL: network.base_url,
    OPENAI_API_KEY: 'a-key',
    OPENAI_BASE_URL: model.base_url,
    ...env,
  }))
  const relays: RelayProcess[] = []
  for (const one of envs) relays.push(await startRelayProcess(one))
  const company: Company = {
    network,
    model,
    public_url: balancer.url,
    balancer,
    relays,
    envs,
    admin: (relay = 0) => signIn(relays[relay]!.url, ADMIN.email, ADMIN.password),
    async kill(relay = 0) {
      await relays[relay]!.end('SIGKILL')
    },
    async start(relay = 0) {
      relays[relay] = await startRelayProcess(envs[relay]!)
    },
    async talk(every_ms = 15) {
      const call = network.placeCall({ from: '+14155550142', to: NUMBER })
      // A call that moves to another relay has two sessions, of which the second is spoken with.
      const from = model.sessions.length
      const session = await until(async () =>
        model.sessions.slice(from).find(({ received }) => received.some((event) => event.type === 'response.create')),
      )
      let spoken = 0
      const talking = setInterval(() => {
        const item_id = `c${++spoken}`
        session.send({ type: 'input_audio_buffer.speech_started', item_id, audio_start_ms: spoken * 40 })
        session.send({
          type: 'conversation.item.input_audio_transcription.completed',
          item_id,
          content_index: 0,
          transcript: `Sentence ${spoken}.`,
        })
      }, every_ms)
      return { call, session, stop: () => clearInterval(talking) }
    },
    async close() {
      for (const relay of relays) await relay.end('SIGKILL')
      await balancer.close()
      await network.close()
      await model.close()
      await speech.close()
      for (const folder of folders) rmSync(folder, { recursive: true, force: true })
    },
  }
  const admin = await company.admin()
  expect(await admin.ok('syncNumbers', { body: {} })).toMatchObject({ added: [NUMBER] })
  await admin.ok('createAgent', {
    body: { name: 'Main line', type: 'inbound', system_prompt: 'You answer the main line.', phone_numbers: [NUMBER] },
  })
  return company
}

/** The sentences of a caller that people were shown as final. */
export const publishedOf = (feed: EventFeed, call: { call_sid: string }): string[] =>
  feed.all.flatMap((event) =>
    event.event_type === 'call.transcript' &&
    event.call_sid === call.call_sid &&
    event.turn.is_final &&
    event.turn.kind === 'speech' &&
    event.turn.speaker === 'caller'
      ? [event.turn.text]
      : [],
  )

/** The call's record once it has ended, and the sentences of the caller in it. */
export async function keptOf(admin: Client, call_sid: string, within_ms = 30_000) {
  const record = await until(async () => {
    const answer = await admin.call('getCall', { params: { call_sid } })
    return answer.status === 200 && answer.body.ended_at ? answer.body : null
  }, within_ms)
  const kept = record.transcript.flatMap((turn) =>
    turn.kind === 'speech' && turn.speaker === 'caller' && turn.text.startsWith('Sentence') ? [turn.text] : [],
  )
  return { record, kept }
}

/** What was shown is kept, and nothing is kept twice. */
export function expectNothingLost(published: string[], kept: string[]): void {
  expect(published.filter((text) => !kept.includes(text))).toEqual([])
  expect(new Set(kept).size).toBe(kept.length)
}
