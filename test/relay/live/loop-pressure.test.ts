// When a process says that it has too many calls.
import { describe, expect, test } from 'vitest'
import { LOOK_EVERY_MS, LoopPressure } from '../../../relay/live/loop-pressure.ts'

/** A loop that is looked at in time, but for what the test makes it wait. */
function watched() {
  const said: [boolean, number][] = []
  let now_ms = 5_000
  const pressure = new LoopPressure(now_ms, (isOverloaded) => said.push([isOverloaded, now_ms]))
  return {
    pressure,
    said,
    now: () => now_ms,
    /** @param late_ms of each look */
    run(for_ms: number, late_ms: number) {
      for (const end = now_ms + for_ms; now_ms < end; ) {
        now_ms += LOOK_EVERY_MS + late_ms
        pressure.look(now_ms)
      }
    },
  }
}

describe('a process that carries calls', () => {
  test('in time: one frame at once, and calls are welcome', () => {
    const { pressure, run, said } = watched()
    run(10_000, 1)
    expect([pressure.frames_per_append, pressure.isOverloaded, said]).toEqual([1, false, []])
  })

  test('one stall, however long, is no overload', () => {
    const { run, said } = watched()
    run(3_000, 0)
    run(1, 10_000)
    run(3_000, 0)
    expect(said).toEqual([])
  })

  test('nor is one that comes after a moment of lateness', () => {
    const { run, said } = watched()
    run(3_000, 0)
    run(1, 25)
    run(500, 0)
    run(1, 6_000)
    run(3_000, 0)
    expect(said).toEqual([])
  })

  test.each([
    ['longer than what is looked back on', 2_100, 0],
    ['nearly as long, with a moment between', 1_990, 20],
  ])('stalls one after the other are overload: %s', (_how, late_ms, between_ms) => {
    const { pressure, run } = watched()
    run(3_000, 0)
    for (let n = 0; n < 3; n++) {
      run(1, late_ms)
      if (between_ms) run(between_ms, 0)
    }
    expect(pressure.isOverloaded).toBe(true)
  })

  test.each([
    [18, 1],
    [25, 2],
    [45, 2],
    [60, 5],
    [500, 5],
  ])('%i ms late all the time: %i frames at once, and one again soon after', (late_ms, frames) => {
    const { pressure, run } = watched()
    run(3_000, late_ms)
    expect(pressure.frames_per_append).toBe(frames)
    run(500, 0)
    expect(pressure.frames_per_append).toBe(1)
  })

  test('one stall, however long, makes no frame wait for another', () => {
    const { pressure, run } = watched()
    run(1_000, 0)
    run(1, 900)
    expect(pressure.frames_per_append).toBe(1)
  })

  test('one stall of 500 ms is caught up with, and no call is refused for it', () => {
    const { pressure, run, said } = watched()
    run(3_000, 0)
    run(1, 480)
    expect([pressure.isOverloaded, said]).toEqual([false, []])
  })

  test('late all the time: overloaded after a second, and well again within two of its end', () => {
    const { pressure, run, said, now } = watched()
    run(3_000, 0)
    const began = now()
    run(3_000, 30)
    expect(pressure.isOverloaded).toBe(true)
    expect(said[0]![1] - began).toBeGreaterThanOrEqual(950)
    expect(said[0]![1] - began).toBeLessThan(1_200)
    const ended = now()
    run(2_000, 0)
    expect(pressure.isOverloaded).toBe(false)
    expect(said).toHaveLength(2)
    expect(said[1]![1] - ended).toBeLessThan(2_000)
  })

  test('late now and then: no', () => {
    const { run, said } = watched()
    for (let times = 0; times < 50; times++) {
      run(1, 60)
      run(300, 0)
    }
    expect(said).toEqual([])
  })
})
