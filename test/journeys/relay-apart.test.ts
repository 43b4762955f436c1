// One of two relays alone loses Redis: its calls go on, the other says what it knows of them, and when it is back nothing
// is lost or told twice.
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Company, expectNothingLost, keptOf, publishedOf, startCompany } from '../support/company.ts'
import { type FaultProxy, startFaultProxy } from '../support/fault-proxy.ts'
import { type Client, until } from '../support/running-relay.ts'
import { describeWithServices, type Services, startServices } from '../support/services.ts'

/** The pulse of a relay lasts ten seconds. */
const LOOKS_DEAD_MS = 20_000

await describeWithServices('a relay that alone loses Redis', () => {
  let services: Services
  let company: Company
  let line: FaultProxy
  let apart: Client
  let other: Client
  beforeAll(async () => {
    services = await startServices()
    company = await startCompany(services.env(), 2)
    line = await startFaultProxy(services.redis.port)
    company.envs[0]!.REDIS_URL = `redis://127.0.0.1:${line.port}`
    await company.kill(0)
    await company.start(0)
    company.balancer.route = () => 0
    apart = await company.admin(0)
    other = await company.admin(1)
  }, 90_000)
  afterAll(async () => {
    await company?.close()
    await line?.close()
    await services?.close()
  })

  it.each(['refuse', 'blackhole'] as const)(
    '%s: what is told of its calls meanwhile and afterwards',
    async (kind) => {
      const feed = await other.events()
      const [long, short] = [await company.talk(50), await company.talk(50)]
      const listed = async (client: Client, { call }: typeof long) =>
        (await client.ok('listLiveCalls', {})).items.some(({ call_sid }) => call_sid === call.call_sid)
      const of = ({ call: { call_sid } }: typeof long) => ({ params: { call_sid } })
      await until(() => [long, short].every(({ call }) => publishedOf(feed, call).length > 5))

      await line.set({ kind })
      await until(async () => !(await listed(other, long)), LOOKS_DEAD_MS)
      // It goes on where it is, and is called over by nobody.
      expect(await listed(apart, long)).toBe(true)
      expect(await other.ok('getCall', of(long))).toMatchObject({ live: null, ended_at: null })
      expect(await other.call('hangUpCall', { ...of(long), body: {} })).toMatchObject({
        status: 503,
        body: { detail: 'No relay answers for this call. Whether it goes on is not known.' },
      })
      const lost = await other.ok('overrideContext', { ...of(long), body: { context: { offer: 'ten percent' } } })
      expect(lost.refused_reason).toMatch(/could not be reached/)
      // One that ends meanwhile has its end in the record, which every relay reads.
      short.stop()
      short.call.hangUp()
      const { record: ended } = await keptOf(other, short.call.call_sid)
      expect(ended.end_reason).toBe('The caller hung up.')
      expect((await other.ok('getCall', of(long))).ended_at).toBeNull()

      await line.set({ kind: 'pass' })
      await until(() => listed(other, long))
      expect(await listed(other, short)).toBe(false)
      const version = await other.ok('overrideContext', { ...of(long), body: { context: { credit: 40 } } })
      expect(version).toMatchObject({ version: 2, state: 'pending', context_data: { credit: 40 } })
      await feed.next('context.updated', (event) => event.version.version === 2 && event.version.state === 'applied')
      long.stop()
      await other.ok('hangUpCall', { ...of(long), body: { outcome: 'resolved' } })
      for (const { call } of [long, short])
        await feed.next('call.ended', ({ call_session }) => call_session.call_sid === call.call_sid)
      for (const { call } of [long, short]) {
        const { record, kept } = await keptOf(other, call.call_sid)
        const told = publishedOf(feed, call)
        expectNothingLost(told, kept)
        expect(told).toEqual(kept)
        const ends = feed.all.filter(
          (event) => event.event_type === 'call.ended' && event.call_session.call_sid === call.call_sid,
        )
        expect(ends).toHaveLength(1)
        expect(record.outcome).not.toBe('failed')
      }
    },
    120_000,
  )
})
