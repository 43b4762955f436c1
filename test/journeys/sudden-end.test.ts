// The relay as a program that is ended: by a signal, by a fault, by nobody's wish.
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Company, expectNothingLost, keptOf, NUMBER, publishedOf, startCompany } from '../support/company.ts'
import { freePort, startRelayProcess } from '../support/relay-process.ts'
import { type Client, until } from '../support/running-relay.ts'

let company: Company
let admin: Client
beforeAll(async () => {
  company = await startCompany()
  admin = await company.admin()
}, 40_000)
afterAll(() => company?.close())

describe('[L14] kill -9 in mid-call', () => {
  it.each([1, 2, 3])(
    'round %i: no published final turn is lost or doubled, no call stays open, each counts once',
    async () => {
      const feed = await admin.events()
      const before = (await admin.ok('getAnalytics', { query: {} })).summary.total_calls
      const { call, stop } = await company.talk()
      await until(() => publishedOf(feed, call).length > 10)
      await new Promise((resolve) => setTimeout(resolve, 100 + Math.random() * 900))
      stop()
      await company.kill()
      const published = publishedOf(feed, call)
      expect(published.length).toBeGreaterThan(10)

      await company.start()
      admin = await company.admin()
      const { record, kept } = await keptOf(admin, call.call_sid)
      expectNothingLost(published, kept)
      expect(record).toMatchObject({
        status: 'completed',
        outcome: 'failed',
        end_reason: 'The relay stopped during the call.',
      })
      expect((await admin.ok('listLiveCalls', {})).items).toEqual([])
      await until(async () => (await admin.ok('getAnalytics', { query: {} })).summary.total_calls === before + 1)
    },
    60_000,
  )

  it('after it the next call is answered', async () => {
    const { call, stop } = await company.talk()
    stop()
    call.hangUp()
    await call.ended
  })
})

const fresh = () => ({ ...company.envs[0], PORT: '0', DATA_DIR: mkdtempSync(join(tmpdir(), 'phony-fresh-')) })

describe('the relay as a program', () => {
  it('SIGTERM: drains, ends with 0 and leaves nothing listening', async () => {
    const { call, session, stop } = await company.talk()
    stop()
    const relay = company.relays[0]!
    // As a terminal does it: the whole group is told, and the one who started it passes it on.
    relay.child.kill('SIGINT')
    const ending = relay.end('SIGTERM')
    await new Promise((resolve) => setTimeout(resolve, 500))
    const refused = company.network.placeCall({ from: '+14155550143', to: NUMBER })
    await refused.ended
    expect(refused.heard.text).toContain('try again in a minute')
    session.speak('Goodbye then.', 300, {
      tool_calls: [{ name: 'end_call', arguments: '{"outcome":"resolved","summary":"Done."}' }],
    })
    await call.ended
    expect(await ending).toBe(0)
    await expect(fetch(relay.url)).rejects.toThrow()
    await company.start()
    admin = await company.admin()
    expect((await admin.ok('getCall', { params: { call_sid: call.call_sid } })).outcome).toBe('resolved')
  }, 60_000)

  it.each([
    [
      'a port that is taken',
      () => ({ ...company.envs[0], DATA_DIR: mkdtempSync(join(tmpdir(), 'phony-port-')) }),
      /Port \d+ is taken by another program/,
    ],
    ['a data folder that another relay has', () => ({ ...company.envs[0], PORT: '0' }), /another|already|in use|pid/i],
    [
      'faulty settings',
      () => ({ ...company.envs[0], PORT: 'many', TWILIO_ACCOUNT_SID: 'AC1', DEMO: 'perhaps' }),
      /PORT: .*\n\s+TWILIO_ACCOUNT_SID: .*\n\s+DEMO: /,
    ],
    [
      'a MongoDB that is not there',
      async () => ({ ...fresh(), MONGODB_URL: `mongodb://someone:secret@127.0.0.1:${await freePort()}` }),
      /^(?!.*secret).*MONGODB_URL/s,
    ],
    [
      'a Redis without what relays that share it must share',
      () => ({ ...fresh(), REDIS_URL: 'redis://127.0.0.1:1' }),
      /JWT_SECRET: Relays that share a Redis.*\n\s+MONGODB_URL: /s,
    ],
    ['a key with a line break', () => ({ ...fresh(), OPENAI_API_KEY: 'a\nkey' }), /OPENAI_API_KEY: /],
    ['known passwords beside real credentials', () => ({ ...company.envs[0], PORT: '0', DEMO: 'true' }), /DEMO: /],
  ])('%s: one clear sentence and an end', async (_name, change, sentence) => {
    await expect(startRelayProcess((await change()) as Record<string, string>)).rejects.toThrow(sentence)
  })
})
