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
  })
}
