// More to do than time: what a process does that carries calls and does not keep up, and that it is well again.
import { describe, expect, it } from 'vitest'
import { recordOf } from '../support/on-a-call.ts'
import { until } from '../support/running-relay.ts'
import { BILLING, numberedFrame, numbersIn, stageForTests } from '../support/stage.ts'

const stage = stageForTests()
const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** Keeps whatever carries the calls from working. Resolves when that is over. */
async function stall(worker: number | undefined, ms: number): Promise<void> {
  if (worker === undefined) {
    for (const end = performance.now() + ms; performance.now() < end; );
    // What waited meanwhile.
    await wait(1)
  } else {
    process.kill(worker, 'SIGSTOP')
    await wait(ms)
    process.kill(worker, 'SIGCONT')
    await wait(10)
  }
}

describe.skipIf(process.platform !== 'linux').each([
  ['one process', 0],
  ['a call worker', 1],
])('%s', (_where, workers) => {
  async function onACall() {
    const { test, model, network } = await stage({}, { workers })
    const call = network.placeCall({ from: '+14155550142', to: BILLING })
    await call.streaming
    const session = await model.session()
    await session.next('response.create')
    const dana = await test.as('dana')
    const again = (digit: number) => network.placeCall({ from: `+1415555014${digit}`, to: BILLING })
    const part = async () => {
      const answer = await fetch(`${test.url}/health/ready`)
      const { parts } = (await answer.json()) as { parts: { calls: { status: string } } }
      return `${answer.status} ${parts.calls.status}`
    }
    return { test, call, session, dana, again, part, model, worker: test.relay.worker_pids()[0] }
  }

  /** Is late until the relay says so. @returns what ends that */
  async function overload(worker: number | undefined, part: () => Promise<string>): Promise<() => Promise<void>> {
    let isLate = true
    const late = (async () => {
      while (isLate) await stall(worker, 80)
    })()
    await until(async () => (await part()) === '200 degraded')
    return () => {
      isLate = false
      return late
    }
  }

  it('that stalls for half a second loses no frame of the caller, and takes the next call at once', async () => {
    const { call, session, dana, again, worker } = await onACall()
    const frames = Array.from({ length: 100 }, (_, index) => numberedFrame(index + 1))
    const said = call.speak(Buffer.concat(frames))
    await wait(600)
    await stall(worker, 500)
    const next = again(3)
    await next.streaming
    await said
    await until(() => numbersIn(session.audio).at(-1) === 100)
    expect(numbersIn(session.audio)).toEqual(frames.map((_, index) => index + 1))
    call.hangUp()
    const record = await recordOf({ dana, params: { call_sid: call.call_sid } })
    expect(record.quality.frames_dropped).toBe(0)
    const timed = record.quality.added_delay!.reduce((sum, count) => sum + count, 0)
    expect(timed).toBeGreaterThanOrEqual(Math.floor(record.quality.frames_in / 10))
    expect(timed).toBeGreaterThan(10)
  }, 30_000)

  it('that is late all the time refuses new calls with a sentence, keeps its own, and takes calls again', async () => {
    const { call, session, again, part, model, worker } = await onACall()
    expect(await part()).toBe('200 ready')
    const frames = Array.from({ length: 150 }, (_, index) => numberedFrame(index + 1))
    const said = call.speak(Buffer.concat(frames))
    const relieve = await overload(worker, part)
    const refused = again(3)
    await refused.ended
    expect(refused.heard.text).toContain('All lines are busy right now')
    await relieve()
    // How soon is a figure: `test/bench/bridge.ts --stall`.
    await until(async () => (await part()) === '200 ready')
    const next = again(4)
    await next.streaming
    // The refused call opened none.
    await model.session(1)
    expect(model.sessions).toHaveLength(2)
    await said
    await until(() => numbersIn(session.audio).at(-1) === 150)
    expect(numbersIn(session.audio)).toEqual(frames.map((_, index) => index + 1))
  }, 30_000)

  it('that is late all the time and then stands still drops frames that are too old, with silence in their place, and counts them', async () => {
    const { test, call, session, dana, part, worker } = await onACall()
    const relieve = await overload(worker, part)
    const frames = Array.from({ length: 250 }, (_, index) => numberedFrame(index + 1))
    const said = call.speak(Buffer.concat(frames.slice(0, 240)))
    await until(() => numbersIn(session.audio).length > 0)
    await relieve()
    await stall(worker, 3_000)
    await said
    // What is said now is heard: silence stands for what is missing before it.
    await until(async () => (await part()) === '200 ready')
    await call.speak(Buffer.concat(frames.slice(240)))
    await until(() => numbersIn(session.audio).at(-1) === 250)
    const heard = new Set(numbersIn(session.audio))
    const dropped = frames.length - heard.size
    expect(dropped).toBeGreaterThan(10)
    const silence = Buffer.alloc(160, 0xff)
    const asHeard = frames.slice(0, 240).map((frame, index) => (heard.has(index + 1) ? frame : silence))
    expect(session.audio.includes(Buffer.concat(asHeard))).toBe(true)
    call.hangUp()
    const record = await recordOf({ dana, params: { call_sid: call.call_sid } })
    expect(record.quality.frames_dropped).toBe(dropped)
    const counted = `phony_frames_dropped_total{process="${worker === undefined ? 'front' : 'worker_0'}"} ${dropped}\n`
    await until(async () => (await (await fetch(`${test.url}/metrics`)).text()).includes(counted))
  }, 30_000)
})

it.skipIf(process.platform !== 'linux')(
  'a call worker that stands still for six seconds keeps its calls, and nobody was silent meanwhile',
  async () => {
    const { test, model, network } = await stage({}, { workers: 1 })
    const call = network.placeCall({ from: '+14155550142', to: BILLING })
    await call.streaming
    const session = await model.session()
    await session.next('response.create')
    const frames = Array.from({ length: 250 }, (_, index) => numberedFrame(index + 1))
    const said = call.speak(Buffer.concat(frames))
    await wait(600)
    await stall(test.relay.worker_pids()[0], 6_000)
    await said
    await until(() => numbersIn(session.audio).at(-1) === 250)
    // As it was said: what waits for the worker is not late, and there is no silence between.
    expect(session.audio.includes(Buffer.concat(frames))).toBe(true)
    call.hangUp()
    const record = await recordOf({ dana: await test.as('dana'), params: { call_sid: call.call_sid } })
    expect(record).toMatchObject({ status: 'completed', end_reason: 'The caller hung up.' })
  },
  30_000,
)
