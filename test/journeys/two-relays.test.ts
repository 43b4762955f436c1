// Two relays on one MongoDB and one Redis, behind one address: it does not matter which of them anyone meets.

import { randomBytes } from 'node:crypto'
import webhooks from 'twilio/lib/webhooks/webhooks.js'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import type { CallAnswer, CallCommand } from '../../relay/live/live-calls.ts'
import { systemClock } from '../../relay/platform/clock.ts'
import { silentLogger } from '../../relay/platform/logger.ts'
import { redisCallBus } from '../../relay/redis/redis-call-bus.ts'
import { openRedis } from '../../relay/redis/redis-connection.ts'
import { type Company, expectNothingLost, keptOf, NUMBER, publishedOf, startCompany } from '../support/company.ts'
import { type Client, until } from '../support/running-relay.ts'
import { describeWithServices, type Services, startServices } from '../support/services.ts'

await describeWithServices('two relays', () => {
  describe.each([
    ['in one process each', '0'],
    ['with a call worker each', '1'],
  ])('%s', (_name, RELAY_WORKERS) => {
    let services: Services
    let company: Company
    let here: Client
    let there: Client
    beforeAll(async () => {
      services = await startServices()
      company = await startCompany({ ...services.env(), RELAY_WORKERS }, 2)
      here = await company.admin(0)
      there = await company.admin(1)
    }, 90_000)
    afterAll(async () => {
      await company?.close()
      await services?.close()
    })
    /** The webhook goes to the first relay, the media stream to `media`, all else to `other`. */
    const route = (media: number, other = 0) => {
      company.balancer.route = (path) =>
        path.startsWith('/media/') ? media : path.startsWith('/receive_call') ? 0 : other
    }

    /** Listens at the second relay. */
    const listenThere = (call_sid: string) => {
      const heard: Buffer[] = []
      const ear = new WebSocket(`${company.relays[1]!.url.replace('http', 'ws')}/calls/${call_sid}/listen`, {
        headers: { authorization: `Bearer ${there.access_token}` },
      })
      ear.on('message', (piece: Buffer) => void heard.push(piece))
      const closed = new Promise((resolve) => ear.on('close', (code, reason) => resolve([code, String(reason)])))
      return { heard, closed }
    }

    it('a call is seen, read, changed, heard and ended from the relay that does not have it', async () => {
      route(0)
      const feed = await there.events()
      const { call, session, stop } = await company.talk()
      stop()
      const params = { call_sid: call.call_sid }
      await feed.next('call.started', ({ call_session }) => call_session.call_sid === call.call_sid)
      await until(async () => (await there.ok('listLiveCalls', {})).items.some((one) => one.call_sid === call.call_sid))
      await until(async () => (await there.ok('getCall', { params })).transcript.length > 0)

      const version = await there.ok('overrideContext', { params, body: { context: { offer: 'ten percent' } } })
      expect(version).toMatchObject({ version: 1, state: 'pending' })
      await feed.next('context.updated', (event) => event.version.state === 'applied')
      expect(JSON.stringify(session.session.instructions)).toContain('ten percent')

      const { heard, closed } = listenThere(call.call_sid)
      await until(() => heard.length > 3)
      expect(heard.some(({ length }) => length >= 808)).toBe(true)

      await there.ok('hangUpCall', { params, body: { outcome: 'resolved' } })
      expect(await closed).toEqual([1000, 'the call ended'])
      await call.ended
      const { record } = await keptOf(here, call.call_sid)
      expect(record).toMatchObject({ outcome: 'resolved', context: { offer: 'ten percent' } })
      expect((await there.ok('listLiveCalls', {})).items).toEqual([])
      expect((await there.call('hangUpCall', { params, body: {} })).status).toBe(409)
    }, 60_000)

    it('each event reaches every console once and in the same order', async () => {
      route(0)
      const [one, two] = [await here.events(), await there.events()]
      const first = await company.talk()
      company.balancer.route = (path) => (path.startsWith('/media/') || path.startsWith('/receive_call') ? 1 : 0)
      const second = await company.talk()
      await until(() =>
        [one, two].every((feed) => [first, second].every(({ call }) => publishedOf(feed, call).length > 20)),
      )
      for (const { stop, call } of [first, second]) {
        stop()
        call.hangUp()
      }
      for (const feed of [one, two])
        for (const { call } of [first, second])
          await feed.next('call.ended', ({ call_session }) => call_session.call_sid === call.call_sid)
      const seqs = one.all.map((event) => event.seq)
      expect(seqs).toEqual([...new Set(seqs)].sort((a, b) => a - b))
      const kept = (feed: typeof one) =>
        feed.all.flatMap((event) =>
          event.event_type === 'call.transcript' && event.turn.is_final ? [[event.seq, event.turn.turn_id]] : [],
        )
      expect(kept(two)).toEqual(kept(one))
    }, 60_000)

    it('a media stream that comes to the other relay brings its call along, with its first words', async () => {
      route(1)
      const feed = await here.events()
      const sessions = company.model.sessions.length
      const { call, stop } = await company.talk()
      await until(() => publishedOf(feed, call).length > 5)
      stop()
      expect(company.model.sessions.length).toBeGreaterThan(sessions)
      const mine = feed.all.filter(
        (event) => event.event_type === 'call.started' && event.call_session.call_sid === call.call_sid,
      )
      expect(mine).toHaveLength(1)
      call.hangUp()
      const { record, kept } = await keptOf(here, call.call_sid)
      expectNothingLost(publishedOf(feed, call), kept)
      expect(record.end_reason).toBe('The caller hung up.')
      expect(record.quality.frames_dropped).toBe(0)
      // Neither the relay it began at nor the one it ended at still has it on its wall.
      for (const one of [here, there])
        await until(async () =>
          (await one.ok('listLiveCalls', {})).items.every((live) => live.call_sid !== call.call_sid),
        )
    }, 60_000)

    it('what the carrier is to say is known to the other relay, too', async () => {
      route(0, 1)
      const { call, session, stop } = await company.talk()
      stop()
      // The agent ends the call, and its connection is gone before it can say goodbye: the carrier says it.
      const seen = session.received.length
      session.speak('', 0, {
        tool_calls: [{ name: 'end_call', arguments: '{"outcome":"resolved","summary":"Paid."}' }],
      })
      await session.next('response.create', seen)
      session.drop()
      await call.ended
      const last = call.requests.find(({ url }) => url.endsWith('/stream_ended'))
      expect(last?.body).toContain('Thank you for your call. Goodbye.')
      const { record } = await keptOf(there, call.call_sid)
      expect(record.end_reason).toBe('The agent ended the call.')
    }, 60_000)

    it('a call that ends with nothing more to say ends with nothing, also at the other relay', async () => {
      route(0, 1)
      const { call, stop } = await company.talk()
      stop()
      await here.ok('hangUpCall', { params: { call_sid: call.call_sid }, body: {} })
      await call.ended
      const last = call.requests.find(({ url }) => url.endsWith('/stream_ended'))
      expect(last?.body).toContain('<Hangup')
      expect(last?.body).not.toContain('<Say')
    }, 60_000)

    it('the carrier may ask the other relay again, and report the end to it', async () => {
      route(0, 1)
      const { call, stop } = await company.talk()
      stop()
      call.hangUp()
      await call.ended
      const { record } = await keptOf(there, call.call_sid)
      expect(record.status).toBe('completed')
      expect(call.requests.filter((request) => (request.status ?? 599) >= 400)).toEqual([])
    }, 60_000)

    /** The carrier's question about a call whose media stream never comes. */
    const ask = async (relay: number, call_sid: string): Promise<string> => {
      const url = `${company.public_url}/receive_call`
      const params = { CallSid: call_sid, From: '+14155550142', To: NUMBER, CallStatus: 'ringing' }
      const { TWILIO_AUTH_TOKEN } = company.envs[0]!
      company.balancer.route = () => relay
      const response = await fetch(url, {
        method: 'POST',
        headers: {
          'x-twilio-signature': webhooks.getExpectedTwilioSignature(TWILIO_AUTH_TOKEN!, url, params),
          'content-type': 'application/x-www-form-urlencoded',
        },
        body: new URLSearchParams(params),
      })
      return response.text()
    }
    const freshSid = () => `CA${randomBytes(16).toString('hex')}`

    // Half a minute of waiting is enough once.
    if (RELAY_WORKERS === '1')
      it('a call whose hand-over was not heard of is closed by the relay that gave it away', async () => {
        const call_sid = freshSid()
        const feed = await there.events()
        expect(await ask(0, call_sid)).toContain('<Connect')
        const { call_session } = await feed.next(
          'call.started',
          ({ call_session }) => call_session.call_sid === call_sid,
        )
        // Somebody takes it and is never seen again.
        const { REDIS_URL, REDIS_KEY_PREFIX } = company.envs[0]!
        const redis = await openRedis({ url: REDIS_URL!, key_prefix: REDIS_KEY_PREFIX!, log: silentLogger })
        const bus = redisCallBus<CallCommand, CallAnswer>({ redis, clock: systemClock })
        const call = { tenant_id: call_session.tenant_id, call_sid }
        const answer = await bus.send(call, { type: 'hand_over', relay_id: 'one that is gone' }, 2_000)
        await redis.close()
        expect(answer?.moved?.setup.record.call_sid).toBe(call_sid)
        expect((await there.ok('listLiveCalls', {})).items.map((one) => one.call_sid)).toContain(call_sid)

        // It is looked for three times.
        await feed.next('call.ended', ({ call_session }) => call_session.call_sid === call_sid, 50_000)
        const { record } = await keptOf(there, call_sid)
        expect(record).toMatchObject({
          outcome: 'failed',
          end_reason: 'The call moved to another relay, which did not take it up.',
        })
        for (const one of [here, there]) expect((await one.ok('listLiveCalls', {})).items).toEqual([])
      }, 90_000)

    it('a call of a relay that cannot be asked is never called gone, and no command on it ends in silence', async () => {
      route(0)
      const { call, session, stop } = await company.talk()
      stop()
      const { call_sid } = call
      const params = { call_sid }
      const listed = async (client: Client) => {
        const { items, is_whole } = await client.ok('listLiveCalls', {})
        return { has_it: items.some((one) => one.call_sid === call_sid), is_whole }
      }
      await until(async () => (await listed(there)).has_it)
      expect((await listed(there)).is_whole).toBe(true)

      await services.redis.kill9()
      await until(async () => !(await listed(there)).is_whole)
      expect(await listed(there)).toEqual({ has_it: false, is_whole: false })
      expect(await there.ok('getCall', { params })).toMatchObject({ live: null, ended_at: null, is_whole: false })
      const refused = await there.call('hangUpCall', { params, body: {} })
      expect([refused.status, refused.body]).toMatchObject([503, { code: 'STORE_UNAVAILABLE' }])
      const lost = await there.ok('overrideContext', { params, body: { context: { offer: 'ten percent' } } })
      expect(lost).toMatchObject({
        version: 1,
        state: 'refused',
        refused_reason: expect.stringContaining('not be reached'),
      })
      // Where it is carried it is seen as always.
      expect(await listed(here)).toEqual({ has_it: true, is_whole: false })
      expect(await here.ok('getCall', { params })).toMatchObject({ live: { listeners: [] }, is_whole: true })

      await services.redis.restart()
      const answers: Awaited<ReturnType<typeof listed>>[] = []
      await until(async () => {
        answers.push(await listed(there))
        const read = await there.ok('getCall', { params })
        answers.push({ has_it: read.live !== null, is_whole: read.is_whole })
        return answers.at(-2)!.is_whole
      })
      expect(answers.filter(({ has_it, is_whole }) => is_whole && !has_it)).toEqual([])
      // What was refused is no part of what is given next.
      const feed = await there.events()
      await there.ok('overrideContext', { params, body: { context: { credit: 40 } } })
      const { version } = await feed.next('context.updated', (event) => event.version.state === 'applied')
      expect(version).toMatchObject({ version: 2, context_data: { credit: 40 } })
      expect(session.session.instructions).not.toContain('ten percent')
      const { items } = await there.ok('listContextVersions', { params, query: {} })
      expect(items.map(({ state }) => state)).toEqual(['applied', 'refused'])
      await there.ok('hangUpCall', { params, body: {} })
      await call.ended
      await keptOf(there, call_sid)
      expect(await there.ok('getCall', { params })).toMatchObject({ live: null, is_whole: true })
    }, 60_000)

    it('a relay that dies takes its calls with it and nobody else’s; its words are there when it is back', async () => {
      route(0)
      const feed = await there.events()
      const mine = await company.talk()
      company.balancer.route = () => 1
      const theirs = await company.talk()
      await until(() => [mine, theirs].every(({ call }) => publishedOf(feed, call).length > 10))
      const { heard, closed } = listenThere(mine.call.call_sid)
      await until(() => heard.length > 0)
      await company.kill(0)
      mine.stop()
      theirs.stop()
      // Its relay is gone: the other one says at least that it is over.
      await mine.call.ended
      expect(mine.call.heard.text).toContain('technical problem')
      await until(async () => {
        const { items } = await there.ok('listLiveCalls', {})
        return items.length === 1 && items[0]!.call_sid === theirs.call.call_sid
      }, 15_000)
      // Who listened from the other relay is told no end that nobody knows of.
      expect(await closed).toEqual([1013, expect.stringContaining('Whether it goes on is not known.')])
      theirs.call.hangUp()
      await keptOf(there, theirs.call.call_sid)
      await company.start(0)
      here = await company.admin(0)
      const { record, kept } = await keptOf(there, mine.call.call_sid)
      expect(record.end_reason).toBe('The relay stopped during the call.')
      expectNothingLost(publishedOf(feed, mine.call), kept)
    }, 90_000)
  })
})
