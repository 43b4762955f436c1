// The services under the relay go away while people are on the line: what callers, supervisors and the record feel.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ADDED_DELAY_BOUNDS_MS } from '../../shared/contract/calls.ts'
import { type Company, expectNothingLost, keptOf, NUMBER, publishedOf, startCompany } from '../support/company.ts'
import { type Client, until } from '../support/running-relay.ts'
import { describeWithServices, type Services, startServices } from '../support/services.ts'

/** The issue's own figure is a minute; the CI form is shorter, the same in kind. */
const AWAY_MS = Number(process.env.PHONY_OUTAGE_MS ?? 12_000)
/** The bound under which 99 of 100 pieces of sound stayed. */
function p99Of(counts: readonly number[]): string {
  const all = counts.reduce((sum, count) => sum + count, 0)
  let sum = 0
  const at = counts.findIndex((count) => {
    sum += count
    return sum >= all * 0.99
  })
  return `at most ${ADDED_DELAY_BOUNDS_MS[at] ?? 'more than 250'} ms`
}
const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

await describeWithServices('a service that goes away', () => {
  let services: Services
  let company: Company
  let admin: Client
  beforeAll(async () => {
    services = await startServices()
    company = await startCompany({ ...services.env(), RELAY_WORKERS: '1' })
    admin = await company.admin()
  }, 90_000)
  afterAll(async () => {
    await company?.close()
    await services?.close()
  })

  /** How long an answer takes, and what it is. */
  async function timed(client: Client): Promise<{ ms: number; status: number }> {
    const began = performance.now()
    const { status } = await client.call('listCalls', { query: {} })
    return { ms: performance.now() - began, status }
  }
  const ready = async (): Promise<{ status: number; body: { status: string } }> => {
    const answer = await fetch(`${company.relays[0]!.url}/health/ready`)
    return { status: answer.status, body: (await answer.json()) as { status: string } }
  }

  describe.each([
    ['stopped', () => services.mongo.kill9(), () => services.mongo.restart()],
    [
      'black-holed',
      () => services.mongoLine.set({ kind: 'blackhole' }),
      () => services.mongoLine.set({ kind: 'pass' }),
    ],
  ])('MongoDB %s', (_how, away, back) => {
    it('live calls go on, new ones are answered, the API says so at once, nothing is lost, the spool empties', async () => {
      const feed = await admin.events()
      const before = await company.talk(100)
      await until(() => publishedOf(feed, before.call).length > 5)
      await away()
      const began = Date.now()

      const during = await company.talk(100)
      const slowest: number[] = []
      while (Date.now() - began < AWAY_MS) {
        const { ms, status } = await timed(admin)
        slowest.push(ms)
        expect(status).toBe(503)
        await wait(500)
      }
      const shown = publishedOf(feed, before.call).length
      await until(() => publishedOf(feed, before.call).length > shown + 20)
      expect(await ready()).toMatchObject({ status: 200, body: { status: 'degraded' } })
      for (const { stop, call } of [before, during]) {
        stop()
        call.hangUp()
        await call.ended
      }
      await back()
      const returned = Date.now()
      for (const { call } of [before, during]) {
        const { record, kept } = await keptOf(admin, call.call_sid, 30_000)
        expectNothingLost(publishedOf(feed, call), kept)
        expect(record.end_reason).toBe('The caller hung up.')
      }
      const drained_ms = Date.now() - returned
      const sorted = [...slowest].sort((a, b) => a - b)
      process.stdout.write(
        `API while MongoDB is ${_how}: slowest answer ${Math.round(sorted.at(-1)!)} ms; drained in ${drained_ms} ms\n`,
      )
      expect(sorted.at(-1)).toBeLessThan(1_000)
      expect(await until(async () => (await ready()).body.status === 'ready')).toBe(true)
    }, 120_000)
  })

  it('a store that takes half a second for everything does not delay the sound', async () => {
    const feed = await admin.events()
    const delays: string[] = []
    for (const ms of [0, 250]) {
      await services.mongoLine.set(ms === 0 ? { kind: 'pass' } : { kind: 'latency', ms })
      const { call, stop } = await company.talk(100)
      await until(() => publishedOf(feed, call).length > 50, 20_000)
      stop()
      call.hangUp()
      await call.ended
      await services.mongoLine.set({ kind: 'pass' })
      const { kept, record } = await keptOf(admin, call.call_sid)
      expectNothingLost(publishedOf(feed, call), kept)
      expect(record.quality.frames_dropped).toBe(0)
      delays.push(p99Of(record.quality.added_delay ?? []))
    }
    process.stdout.write(`Sound was in the relay for (p99) ${delays.join(', and beside a slow store ')}\n`)
  }, 90_000)

  it('a relay that starts beside a store that is slow at first waits for it', async () => {
    await company.kill()
    await services.mongoLine.set({ kind: 'latency', ms: 250 })
    const started = company.start()
    await wait(9_000)
    await services.mongoLine.set({ kind: 'pass' })
    await started
    admin = await company.admin()
    expect(company.relays[0]!.output()).toContain('The store is too slow to start with; trying again')
  }, 60_000)

  it('Redis stopped: no call is dropped, consoles here still see it, and all is well 2 s after its return', async () => {
    const feed = await admin.events()
    const { call, stop, session } = await company.talk(100)
    await until(() => publishedOf(feed, call).length > 5)
    await services.redis.kill9()
    const shown = publishedOf(feed, call).length
    await until(() => publishedOf(feed, call).length > shown + 20)
    expect(await ready()).toMatchObject({ status: 200, body: { status: 'degraded' } })
    const fresh = company.network.placeCall({ from: '+14155550143', to: NUMBER })
    await fresh.streaming
    await services.redis.restart()
    const returned = Date.now()
    await until(
      async () => (await admin.call('listLiveCalls', {})).status === 200 && (await ready()).body.status === 'ready',
    )
    process.stdout.write(`Redis: everything is back after ${Date.now() - returned} ms\n`)
    expect(Date.now() - returned).toBeLessThan(4_000)
    stop()
    expect(session.received.length).toBeGreaterThan(0)
    for (const one of [call, fresh]) {
      one.hangUp()
      await one.ended
    }
    const { kept } = await keptOf(admin, call.call_sid)
    expectNothingLost(publishedOf(feed, call), kept)
  }, 60_000)
})
