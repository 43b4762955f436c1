// What is read at a scrape: processes, and the state of the relay.
import { describe, expect, test } from 'vitest'
import { AudioMeters } from '../../../relay/live/audio-meters.ts'
import { relay, report } from './measured-relay.ts'

describe('processes', () => {
  test('each shows its own processor time, memory and event loop; the front carries no calls', async () => {
    const { is, value } = relay()
    is.processes = [report('front', null), { ...report('worker_0', {}), cpu_seconds: 99 }]
    expect(await value('phony_process_cpu_seconds_total', { process: 'front' })).toBe(12.5)
    expect(await value('phony_process_cpu_seconds_total', { process: 'worker_0' })).toBe(99)
    expect(await value('phony_process_resident_memory_bytes', { process: 'front' })).toBe(90_000_000)
    expect(await value('phony_process_heap_used_bytes', { process: 'worker_0' })).toBe(40_000_000)
    expect(await value('phony_process_start_time_seconds', { process: 'worker_0' })).toBe(1_900_000_000)
    expect(await value('phony_event_loop_delay_p50_seconds', { process: 'worker_0' })).toBe(0.0005)
    expect(await value('phony_event_loop_delay_p99_seconds', { process: 'front' })).toBe(0.008)
    expect(await value('phony_event_loop_delay_max_seconds', { process: 'front' })).toBe(0.25)
    expect(await value('phony_process_calls', { process: 'front' })).toBeUndefined()
    expect(await value('phony_process_calls', { process: 'worker_0' })).toBe(3)
  })

  test('totals are what the process says, not what all its reports add up to', async () => {
    const { is, value } = relay()
    is.processes = [report('worker_0', {})]
    await value('phony_frames_in_total', { process: 'worker_0' })
    is.processes = [report('worker_0', { frames_in: 1_500 })]
    expect(await value('phony_frames_in_total', { process: 'worker_0' })).toBe(1_500)
    expect(await value('phony_frames_out_total', { process: 'worker_0' })).toBe(400)
    expect(await value('phony_frames_dropped_total', { process: 'worker_0' })).toBe(2)
    expect(await value('phony_link_letters_dropped_total', { process: 'worker_0' })).toBe(5)
  })

  test('are asked once for each scrape', async () => {
    const { is, metrics } = relay()
    let asked = 0
    Object.defineProperty(is, 'processes', { get: () => [report('front', { calls: ++asked })] })
    await metrics.registry.metrics()
    expect(await metrics.registry.metrics()).toContain('phony_process_calls{process="front"} 2')
    expect(asked).toBe(2)
  })

  test('one that is gone is shown no more', async () => {
    const { is, metrics } = relay()
    is.processes = [report('front', null), report('worker_1', {})]
    expect(await metrics.registry.metrics()).toContain('worker_1')
    is.processes = [report('front', null)]
    expect(await metrics.registry.metrics()).not.toContain('worker_1')
  })

  test('the delay the bridge adds is a histogram of what the process counted', async () => {
    const { is, metrics, value } = relay()
    const delays = new AudioMeters().added_delay
    for (const ms of [0.05, 0.05, 0.2, 4, 900]) delays.add(ms)
    is.processes = [report('worker_0', { added_delay: delays.totals })]
    const below = (le: string) => value('phony_bridge_added_delay_seconds_bucket', { process: 'worker_0', le })
    expect(await Promise.all(['0.0001', '0.00025', '0.002', '0.005', '0.25', '+Inf'].map(below))).toEqual([
      2, 3, 3, 4, 4, 5,
    ])
    expect(await value('phony_bridge_added_delay_seconds_count', { process: 'worker_0' })).toBe(5)
    expect(await value('phony_bridge_added_delay_seconds_sum', { process: 'worker_0' })).toBeCloseTo(0.9043)
    expect(await metrics.registry.metrics()).toContain('# TYPE phony_bridge_added_delay_seconds histogram')
  })

  test('so is how long interruptions took, and whether it is overloaded is 1 or 0', async () => {
    const { is, value } = relay()
    const { interruption } = new AudioMeters()
    for (const ms of [40, 320, 320, 9_000]) interruption.add(ms)
    is.processes = [report('worker_0', { interruption: interruption.totals, is_overloaded: true }), report('front', {})]
    const below = (le: string) => value('phony_interruption_seconds_bucket', { process: 'worker_0', le })
    expect(await Promise.all(['0.05', '0.3', '0.4', '2', '+Inf'].map(below))).toEqual([1, 1, 3, 3, 4])
    expect(await value('phony_process_overloaded', { process: 'worker_0' })).toBe(1)
    expect(await value('phony_process_overloaded', { process: 'front' })).toBe(0)
  })
})
