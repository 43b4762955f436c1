// Work done for many at once: at once after a silence, and then no more often than it may.
import { expect, it } from 'vitest'
import { Pacer } from '../../../relay/platform/pacer.ts'
import { until } from '../../support/until.ts'

const EVERY_MS = 60
const nextTurn = () => new Promise((resolve) => setImmediate(resolve))

function pacer(every_ms = EVERY_MS) {
  const runs: number[] = []
  return { runs, pacer: new Pacer(every_ms, () => runs.push(performance.now())) }
}

it('runs at the end of the turn of the event loop after a silence, once for all who asked', async () => {
  const { runs, pacer: one } = pacer()
  one.ask()
  one.ask()
  expect(runs).toEqual([])
  await nextTurn()
  expect(runs).toHaveLength(1)
})

it('runs no more often than it may, and once more for what was asked meanwhile', async () => {
  const { runs, pacer: one } = pacer()
  for (const end = performance.now() + 3.5 * EVERY_MS; performance.now() < end; await nextTurn()) one.ask()
  await until(() => runs.length >= 4)
  for (const [at, run_ms] of runs.entries())
    if (at > 0) expect(run_ms - runs[at - 1]!).toBeGreaterThanOrEqual(EVERY_MS - 2)
  const count = runs.length
  await new Promise((resolve) => setTimeout(resolve, 2 * EVERY_MS))
  expect(runs.length).toBeLessThanOrEqual(count + 1)
})

it('what runs now is not run again for those who asked before', async () => {
  const { runs, pacer: one } = pacer()
  one.ask()
  one.now()
  expect(runs).toHaveLength(1)
  await new Promise((resolve) => setTimeout(resolve, 2 * EVERY_MS))
  expect(runs).toHaveLength(1)
})

it('what was asked for does not run once it is stopped', async () => {
  const { runs, pacer: one } = pacer(0)
  one.ask()
  one.stop()
  await nextTurn()
  expect(runs).toEqual([])
})
