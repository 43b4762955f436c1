// What every keeper of answers to requests with an Idempotency-Key must do.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { IdempotencyStore } from '../../relay/platform/ports.ts'
import type { SharedStateBench } from './shared-state-bench.ts'

export function idempotencySuite(name: string, bench: SharedStateBench<IdempotencyStore>): void {
  describe(`${name}: idempotency`, () => {
    let opened: Awaited<ReturnType<typeof bench.open>>
    let store: IdempotencyStore
    beforeAll(async () => {
      opened = await bench.open()
      store = opened.port
    })
    afterAll(() => opened.close())

    test('the first request is new, a second one runs, a later one gets the answer', async () => {
      const key = bench.fresh()
      expect(await store.begin(key, 'hash', 60)).toEqual({ state: 'new' })
      expect(await store.begin(key, 'hash', 60)).toEqual({ state: 'running' })
      await store.finish(key, 201, '{"id":"a"}')
      expect(await store.begin(key, 'hash', 60)).toEqual({ state: 'done', status: 201, body: '{"id":"a"}' })
    })

    test('another request with the same key is a mismatch, running or done', async () => {
      const key = bench.fresh()
      await store.begin(key, 'hash', 60)
      expect(await store.begin(key, 'other', 60)).toEqual({ state: 'mismatch' })
      await store.finish(key, 200, '')
      expect(await store.begin(key, 'other', 60)).toEqual({ state: 'mismatch' })
    })

    test('of many at once one is new', async () => {
      const key = bench.fresh()
      const claims = await Promise.all(Array.from({ length: 20 }, () => store.begin(key, 'hash', 60)))
      expect(claims.filter(({ state }) => state === 'new')).toHaveLength(1)
    })

    test('a request that was abandoned may be tried again', async () => {
      const key = bench.fresh()
      await store.begin(key, 'hash', 60)
      await store.abandon(key)
      expect(await store.begin(key, 'other', 60)).toEqual({ state: 'new' })
    })

    test('an answer is kept for its time', async () => {
      const key = bench.fresh()
      await store.begin(key, 'hash', 1)
      await store.finish(key, 200, 'body')
      await bench.wait(500)
      expect(await store.begin(key, 'hash', 1)).toMatchObject({ state: 'done' })
      await bench.wait(600)
      expect(await store.begin(key, 'hash', 1)).toEqual({ state: 'new' })
    })

    const LARGEST = 'x'.repeat(16 * 1024)
    const CARRIED_OUT = { code: 'ANSWER_NOT_KEPT', message: expect.stringContaining('was carried out') }
    const answered = async (key: string, body: string, ttl_seconds = 60) => {
      await store.begin(key, 'hash', ttl_seconds)
      await store.finish(key, 200, body)
    }
    const stateOf = async (key: string) => (await store.begin(key, 'hash', 60)).state
    /** Two tenants, and the names of requests of theirs. */
    const tenants = () =>
      [bench.fresh(), bench.fresh()].map((name) => (request: number | string) => `tn_${name}:usr_1:${request}`) as [
        (request: number | string) => string,
        (request: number | string) => string,
      ]

    test('an answer over 16 kB is not kept, but that its request was carried out is', async () => {
      const [key] = tenants()
      await answered(key('largest'), LARGEST)
      await answered(key('larger'), `${LARGEST}x`)
      await answered(key('wide'), 'ü'.repeat(8 * 1024 + 1))
      expect(await stateOf(key('largest'))).toBe('done')
      await expect(stateOf(key('larger'))).rejects.toMatchObject(CARRIED_OUT)
      await expect(stateOf(key('wide'))).rejects.toMatchObject(CARRIED_OUT)
      expect(await store.begin(key('larger'), 'other', 60)).toEqual({ state: 'mismatch' })
    })

    test('over 4 MB the oldest answers of that tenant go, and no other’s; none of them is carried out again', async () => {
      const [ours, theirs] = tenants()
      await answered(theirs('first'), LARGEST)
      for (let n = 0; n < 258; n++) await answered(ours(n), LARGEST)
      await expect(stateOf(ours(0))).rejects.toMatchObject(CARRIED_OUT)
      await expect(stateOf(ours(1))).rejects.toMatchObject(CARRIED_OUT)
      expect(await stateOf(ours(2))).toBe('done')
      expect(await stateOf(ours(257))).toBe('done')
      expect(await stateOf(theirs('first'))).toBe('done')
    })

    test('over 8,000 answers the oldest of that tenant are forgotten, and no other’s, and none that runs', async () => {
      const [ours, theirs] = tenants()
      await answered(theirs('first'), '')
      await store.begin(ours('runs'), 'hash', 60)
      await answered(ours('oldest'), '')
      for (let n = 0; n < 8_000; n += 100)
        await Promise.all(Array.from({ length: 100 }, (_, more) => answered(ours(n + more), '')))
      expect(await stateOf(ours('oldest'))).toBe('new')
      expect(await stateOf(ours(7_999))).toBe('done')
      expect(await stateOf(ours('runs'))).toBe('running')
      expect(await stateOf(theirs('first'))).toBe('done')
    })

    test('an answer whose name was used before does not go when the old one’s turn comes', async () => {
      const [key] = tenants()
      await answered(key('again'), LARGEST, 1)
      await answered(key('between'), '')
      await bench.wait(1_100)
      await answered(key('again'), LARGEST)
      for (let n = 0; n < 255; n++) await answered(key(n), LARGEST)
      expect(await stateOf(key('again'))).toBe('done')
    })
  })
}
