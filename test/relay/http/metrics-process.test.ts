// A process measures itself.
import { afterEach, describe, expect, test } from 'vitest'
import { ProcessMeter } from '../../../relay/http/metrics-process.ts'

describe('the meter of a process', () => {
  const opened: ProcessMeter[] = []
  afterEach(() => {
    for (const meter of opened.splice(0)) meter.close()
  })
  const open = (window_ms?: number) => {
    const meter = new ProcessMeter(window_ms)
    opened.push(meter)
    return meter
  }

  test('knows its memory, its processor time and its start', () => {
    const usage = open().usage()
    const { rss } = process.memoryUsage()
    expect(usage.resident_bytes).toBeGreaterThan(rss / 2)
    expect(usage.heap_used_bytes).toBeLessThan(usage.resident_bytes)
    expect(usage.cpu_seconds).toBeCloseTo(process.cpuUsage().user / 1e6 + process.cpuUsage().system / 1e6, 0)
    expect(Math.abs(usage.started_at_seconds + process.uptime() - Date.now() / 1_000)).toBeLessThan(1)
  })

  test('before anything was measured the delay is 0, not nonsense', () => {
    expect(open().usage()).toMatchObject({ delay_p50_ms: 0, delay_p99_ms: 0, delay_max_ms: 0 })
  })

  const breathe = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
  const stall = (ms: number): void => {
    const end = performance.now() + ms
    while (performance.now() < end);
  }

  test('one stall of the event loop is its longest delay, and not its median', async () => {
    const meter = open()
    await breathe(300)
    stall(400)
    await breathe(300)
    const { delay_p50_ms, delay_max_ms } = meter.usage()
    expect(delay_max_ms).toBeGreaterThan(350)
    expect(delay_p50_ms).toBeLessThan(100)
  })

  test('stalls again and again are in the 99th percentile', async () => {
    const meter = open()
    for (let times = 0; times < 8; times++) {
      stall(60)
      await breathe(30)
    }
    expect(meter.usage().delay_p99_ms).toBeGreaterThan(45)
  })

  test('a stall is shown for half a window at least, and forgotten after a whole one', async () => {
    const meter = open(1_600)
    await breathe(300)
    stall(400)
    await breathe(400)
    expect(meter.usage().delay_max_ms).toBeGreaterThan(350)
    await breathe(2_000)
    expect(meter.usage().delay_max_ms).toBeLessThan(350)
  })
})
