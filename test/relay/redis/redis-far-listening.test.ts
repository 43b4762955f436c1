// Listening to a call at another relay, from the first piece to the end of the call, the listener or a relay.
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import type { CallRef, TapListener } from '../../../relay/platform/ports.ts'
import { redisListenLines } from '../../../relay/redis/redis-listen-lines.ts'
import { type FakeClock, fakeClock } from '../../support/fake-clock.ts'
import { freshName } from '../../support/fresh-name.ts'
import { redisOfFile, withRedisServer } from '../../support/redis-server.ts'
import { until } from '../../support/until.ts'

const DANA = { id: 'usr_dana', name: 'Dana' }

withRedisServer(() => {
  const file = redisOfFile()
  const freshCall = (): CallRef => ({ tenant_id: `tn_${freshName()}`, call_sid: `CA${freshName()}` })

  describe('redis: listening to a call at another relay', () => {
    const open = async (clock: FakeClock) => {
      const redis = await file.open()
      return { redis, lines: redisListenLines({ redis, clock }) }
    }
    const ear = () => {
      const heard: string[] = []
      const listener: TapListener = {
        onPiece: (voice, at_ms, mulaw) => void heard.push(`${voice} ${at_ms} ${mulaw.toString('latin1')}`),
        onFlush: () => void heard.push('flush'),
        onClose: (how) => void heard.push(how ?? 'ended'),
      }
      return { heard, listener }
    }
    async function scene() {
      // The bus within waits by the same clock, which stands still: nothing runs out unless a test says so.
      const clock = fakeClock()
      const [a, b, call] = [await open(clock), await open(clock), freshCall()]
      const taps = new Map<string, TapListener>()
      const end = a.lines.serve(call, ({ name }, listener) => {
        taps.set(name, listener)
        return () => void taps.delete(name)
      })
      await file.settled(a.redis)
      return { clock, a, b, call, taps, end }
    }

    test('pieces come in order, bytes and times untouched', async () => {
      const { b, call, taps } = await scene()
      const { heard, listener } = ear()
      expect(await b.lines.listen(call, DANA, listener)).not.toBeNull()
      const bytes = Buffer.from(Array.from({ length: 256 }, (_, n) => n))
      for (let n = 0; n < 50; n++) taps.get('Dana')?.onPiece('caller', n * 100.5, bytes)
      taps.get('Dana')?.onPiece('agent', 4_294_967_296, Buffer.from('late'))
      taps.get('Dana')?.onFlush()
      await until(() => heard.length === 52)
      expect(heard.slice(0, 2)).toEqual([
        `caller 0 ${bytes.toString('latin1')}`,
        `caller 100.5 ${bytes.toString('latin1')}`,
      ])
      expect(heard.slice(50)).toEqual(['agent 4294967296 late', 'flush'])
    })

    test('who stops is gone from the call and hears nothing more; the rest are told of its end', async () => {
      const { b, call, taps, end } = await scene()
      const [first, second] = [ear(), ear()]
      const stop = await b.lines.listen(call, DANA, first.listener)
      await b.lines.listen(call, { id: 'usr_jonas', name: 'Jonas' }, second.listener)
      expect(taps.size).toBe(2)
      stop?.()
      stop?.()
      await until(() => !taps.has('Dana'))
      taps.get('Jonas')?.onClose()
      end()
      await until(() => second.heard.length > 0)
      await sleep(20)
      expect([first.heard, second.heard]).toEqual([[], ['ended']])
      expect(taps.size).toBe(0)
      expect(await b.redis.commands.pubsub('NUMPAT')).toBe(0)
      await until(async () => !String(await b.redis.commands.pubsub('CHANNELS')).includes(':ear:'))
    })

    test('a call of another tenant, or of nobody, cannot be heard, and leaves no channel behind', async () => {
      const { b, call } = await scene()
      expect(await b.lines.listen({ ...call, tenant_id: 'tn_other' }, DANA, ear().listener)).toBeNull()
      expect(await b.lines.listen(freshCall(), DANA, ear().listener)).toBeNull()
      await until(async () => !String(await b.redis.commands.pubsub('CHANNELS')).includes(':ear:'))
    })

    test('a listener that does not ask for fifteen seconds is let go, one that asks is kept', async () => {
      const listeners = fakeClock()
      const { clock, call, taps } = await scene()
      const [gone, kept] = [await open(listeners), await open(clock)]
      await gone.lines.listen(call, DANA, ear().listener)
      const { heard, listener } = ear()
      await kept.lines.listen(call, { id: 'usr_jonas', name: 'Jonas' }, listener)
      for (let n = 0; n < 3; n++) {
        clock.advance(5_000)
        await sleep(50)
        expect(taps.has('Jonas')).toBe(true)
      }
      clock.advance(1)
      await until(() => !taps.has('Dana'))
      taps.get('Jonas')?.onPiece('agent', 1, Buffer.from('still'))
      await until(() => heard.length > 0)
      expect(heard).toEqual(['agent 1 still'])
    })

    test('a listener that was let go during an outage is let in again when it asks', async () => {
      const listeners = fakeClock()
      const { clock, call, taps } = await scene()
      const away = await open(listeners)
      const { heard, listener } = ear()
      await away.lines.listen(call, DANA, listener)
      for (let n = 0; n < 4; n++) clock.advance(5_000)
      await until(() => !taps.has('Dana'))
      listeners.advance(5_000)
      await until(() => taps.has('Dana'))
      taps.get('Dana')?.onPiece('caller', 1, Buffer.from('again'))
      await until(() => heard.length > 0)
      expect(heard).toEqual(['caller 1 again'])
    })

    test('when the relay of the call dies its listeners are told after two questions, and not that the call ended', async () => {
      const { clock, a, b, call } = await scene()
      const { heard, listener } = ear()
      await b.lines.listen(call, DANA, listener)
      a.redis.commands.disconnect()
      await b.redis.commands.del(a.redis.keys.tenantKey(call.tenant_id, 'call', call.call_sid, 'sound'))
      clock.advance(5_000)
      await sleep(50)
      expect(heard).toEqual([])
      clock.advance(5_000)
      await until(() => heard.length > 0)
      expect(heard).toEqual(['out_of_reach'])
    })
  })
})
