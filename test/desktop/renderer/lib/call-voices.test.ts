// What a supervisor hears of a call: both voices when its caller hears them, however they come.
import { expect, it } from 'vitest'
import { CallVoices } from '../../../../desktop/renderer/lib/call-voices.ts'

const MS = 8
/** As the browser asks for samples. */
const BLOCK = 128
const CALLER = 0.25
const tone = (ms: number, value: number) => new Float32Array(ms * MS).fill(value)

/** A console that listens: `come` says what arrives at each moment of the call, and what is heard is kept by moments. */
function listen(to_ms: number, come: (voices: CallVoices, now_ms: number) => void) {
  const voices = new CallVoices()
  const agent: number[] = []
  const caller: number[] = []
  for (let played = 0, arrived_ms = 0; played < to_ms * MS; played += BLOCK) {
    for (; arrived_ms * MS <= played; arrived_ms += 20) come(voices, arrived_ms)
    const [left, right] = [new Float32Array(BLOCK), new Float32Array(BLOCK)]
    voices.read(left, right)
    caller.push(...left)
    agent.push(...right)
  }
  const heard = (of: number[], value: number) => {
    const from = of.indexOf(value)
    const to = of.lastIndexOf(value)
    return {
      from_ms: from / MS,
      ms: of.filter((sample) => sample === value).length / MS,
      span_ms: (to + 1 - from) / MS,
    }
  }
  return { agent: (value: number) => heard(agent, value), caller: (value: number) => heard(caller, value) }
}

/** A hundred milliseconds of the caller's line, five times in half a second. */
const lineOf = (voices: CallVoices, now_ms: number): void => {
  if (now_ms > 0 && now_ms % 100 === 0) voices.push('caller', now_ms - 100, tone(100, CALLER))
}

it('an answer that comes four times faster than it is spoken is heard whole, without a hole, when the caller hears it', () => {
  const heard = listen(14_000, (voices, now_ms) => {
    lineOf(voices, now_ms)
    // Ten seconds from 1,000 on, within two and a half.
    if (now_ms >= 1_000 && now_ms < 3_500 && now_ms % 100 === 0)
      voices.push('agent', 1_000 + (now_ms - 1_000) * 4, tone(400, now_ms === 2_000 ? 0.75 : 0.5))
  })
  expect(heard.agent(0.5).span_ms).toBe(10_000)
  expect(heard.agent(0.5).ms + heard.agent(0.75).ms).toBe(10_000)
  const behind_ms = heard.caller(CALLER).from_ms
  expect(behind_ms).toBeLessThan(300)
  expect(Math.abs(heard.agent(0.5).from_ms - (1_000 + behind_ms))).toBeLessThan(80)
  expect(Math.abs(heard.agent(0.75).from_ms - (5_000 + behind_ms))).toBeLessThan(80)
})

it('of what the caller cut off is heard what the caller had heard until then', () => {
  const heard = listen(8_000, (voices, now_ms) => {
    lineOf(voices, now_ms)
    if (now_ms === 1_000) voices.push('agent', 1_000, tone(5_000, 0.5))
    if (now_ms === 3_000) voices.flush()
    if (now_ms === 4_000) voices.push('agent', 4_000, tone(1_000, 0.75))
  })
  expect(heard.agent(0.5)).toMatchObject({ ms: 2_000, span_ms: 2_000 })
  expect(heard.agent(0.75).ms).toBe(1_000)
})

it('an answer that follows one whose end was not told takes its place', () => {
  const heard = listen(8_000, (voices, now_ms) => {
    lineOf(voices, now_ms)
    if (now_ms === 1_000) for (let n = 0; n < 10; n++) voices.push('agent', 1_000 + n * 2_000, tone(2_000, 0.5))
    if (now_ms === 3_500) voices.push('agent', 3_500, tone(1_000, 0.75))
  })
  expect(heard.agent(0.5)).toMatchObject({ ms: 2_500, span_ms: 2_500 })
  expect(heard.agent(0.75)).toMatchObject({ ms: 1_000, span_ms: 1_000 })
})

it.each([150, 400, 1_000])('a caller’s line that stands still for %i ms makes no hole in an answer', (stall_ms) => {
  const heard = listen(10_000, (voices, now_ms) => {
    // What was held up comes at once, dated when it came.
    const isStill = now_ms > 3_000 && now_ms <= 3_000 + stall_ms
    if (!isStill) lineOf(voices, now_ms)
    if (now_ms === 3_000 + stall_ms) voices.push('caller', now_ms, tone(stall_ms, CALLER))
    if (now_ms >= 1_000 && now_ms < 2_500 && now_ms % 100 === 0)
      voices.push('agent', 1_000 + (now_ms - 1_000) * 4, tone(400, 0.5))
  })
  expect(heard.agent(0.5)).toMatchObject({ ms: 6_000, span_ms: 6_000 })
})

it('an agent’s sound from an impossible time holds up nothing after it', () => {
  const heard = listen(6_000, (voices, now_ms) => {
    lineOf(voices, now_ms)
    if (now_ms === 1_000) voices.push('agent', 4_000_000_000, tone(100, 0.5))
    if (now_ms === 2_000) voices.push('agent', 2_000, tone(1_000, 0.75))
  })
  expect(heard.agent(0.5).ms).toBe(0)
  expect(heard.agent(0.75).ms).toBe(1_000)
})

it('an agent is heard before any voice of the caller has come', () => {
  const heard = listen(3_000, (voices, now_ms) => {
    if (now_ms === 200) voices.push('agent', 70_000, tone(2_000, 0.5))
  })
  expect(heard.agent(0.5)).toMatchObject({ ms: 2_000, span_ms: 2_000 })
  expect(heard.agent(0.5).from_ms).toBeLessThan(300)
})

it('after a network that stood still the agent is where the caller is again', () => {
  const heard = listen(12_000, (voices, now_ms) => {
    // Nothing from 3,000 to 6,000, and then all of it.
    const missed = now_ms === 6_000 ? Array.from({ length: 31 }, (_, at) => 3_000 + at * 100) : []
    const isThere = now_ms < 3_000 || now_ms > 6_000
    for (const at of isThere ? [now_ms] : missed) {
      lineOf(voices, at)
      if (at >= 1_000 && at < 9_000 && at % 400 === 0) voices.push('agent', at, tone(400, at === 8_000 ? 0.75 : 0.5))
    }
  })
  const behind_ms = heard.agent(0.75).from_ms - 8_000
  expect(behind_ms).toBeGreaterThan(-100)
  expect(behind_ms).toBeLessThan(500)
  expect(heard.agent(0.75).ms).toBe(400)
})
