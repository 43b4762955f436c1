// Figures: middles and edges of many measurements, and the file in which a run is kept.
import { mkdirSync, writeFileSync } from 'node:fs'
import { cpus, loadavg, totalmem } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** @param share 0 to 1 @returns the smallest value that so many are not above; NaN of none */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN
}

/** @returns the one in the middle, or halfway between the two that are; NaN of none */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const half = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2
}

/** How slow a set of requests or events was, in milliseconds. */
export interface Delays {
  count: number
  p50_ms: number
  p95_ms: number
  p99_ms: number
  max_ms: number
}

export function delaysOf(values_ms: readonly number[]): Delays {
  return {
    count: values_ms.length,
    p50_ms: quantile(values_ms, 0.5),
    p95_ms: quantile(values_ms, 0.95),
    p99_ms: quantile(values_ms, 0.99),
    max_ms: quantile(values_ms, 1),
  }
}

/** `1.25 (1.20 to 1.31)`: the middle, and where eight of ten lie. */
export const withSpread = (values: readonly number[], digits = 2): string =>
  `${median(values).toFixed(digits)} (${quantile(values, 0.1).toFixed(digits)} to ${quantile(values, 0.9).toFixed(digits)})`

/** @returns the file, which has the machine and the moment beside the figures */
export function keep(name: string, figures: object): string {
  const machine = {
    cpu: cpus()[0]?.model,
    cores: cpus().length,
    memory_gb: Math.round(totalmem() / 2 ** 30),
    node: process.version,
    load: loadavg()[0],
    at: new Date().toISOString(),
  }
  const file = join(ROOT, 'test-results', `${name}.json`)
  mkdirSync(join(ROOT, 'test-results'), { recursive: true })
  writeFileSync(file, JSON.stringify({ machine, ...figures }, null, 1))
  return file
}
