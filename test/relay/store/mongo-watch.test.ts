// The circuit breaker before MongoDB, on a clock that the test moves.
import { beforeEach, expect, test } from 'vitest'
import { ServerWatch } from '../../../relay/store/mongo-watch.ts'
import { type FakeClock, fakeClock } from '../../support/fake-clock.ts'

let clock: FakeClock
let pings: number
let isAnswered: boolean
let lines: string[]
let watch: ServerWatch
beforeEach(() => {
  clock = fakeClock()
  pings = 0
  isAnswered = true
  lines = []
  const note = (message: string) => void lines.push(message)
  const ping = async () => {
    pings++
    if (!isAnswered) throw new Error('no answer')
  }
  watch = new ServerWatch({ ping, clock, log: { info: note, warn: note } })
})
const settled = () => new Promise((resolve) => setImmediate(resolve))
async function lose(): Promise<void> {
  isAnswered = false
  watch.doubt()
  await settled()
}

test('a call that failed alone does not close the way: the ping is answered', async () => {
  watch.doubt()
  await settled()
  watch.check()
  expect(pings).toBe(1)
  expect(lines).toEqual([])
})

test('many failures at once ask once', async () => {
  for (let nth = 0; nth < 50; nth++) watch.doubt()
  await settled()
  expect(pings).toBe(1)
})

test('while a doubt is open calls are still tried', () => {
  isAnswered = false
  watch.doubt()
  watch.check()
})

test('once a ping is missed, calls fail at once and say for how long', async () => {
  await lose()
  clock.advance(200)
  expect(() => watch.check()).toThrow(expect.objectContaining({ code: 'UNAVAILABLE' }))
  expect(lines).toEqual(['MongoDB does not answer'])
})

test('a server that is away is asked again and again, and its return is noticed by itself', async () => {
  await lose()
  for (let nth = 0; nth < 5; nth++) {
    clock.advance(250)
    await settled()
  }
  expect(pings).toBe(6)
  isAnswered = true
  clock.advance(250)
  await settled()
  watch.check()
  expect(lines).toEqual(['MongoDB does not answer', 'MongoDB answers again'])
  clock.advance(60_000)
  expect(pings).toBe(7)
})

test('a second loss is noticed like the first', async () => {
  await lose()
  isAnswered = true
  clock.advance(250)
  await settled()
  await lose()
  expect(() => watch.check()).toThrow()
})

test('after the close calls fail and nothing is asked any more', async () => {
  await lose()
  watch.close()
  expect(clock.pending()).toBe(0)
  expect(() => watch.check()).toThrow('closed')
})

test('a ping that is answered after the close opens nothing', async () => {
  watch.doubt()
  watch.close()
  await settled()
  expect(() => watch.check()).toThrow('closed')
})
