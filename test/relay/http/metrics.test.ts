// What operators watch, read from prom-client's own text.
import { EventEmitter } from 'node:events'
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { SpeechTurn } from '../../../shared/contract/calls.ts'
import { ACME, NORTHWIND, READY_PARTS, relay, SINCE } from './measured-relay.ts'
import { namesOf } from './samples.ts'

describe('calls', () => {
  const call = { tenant_id: ACME, outcome: 'resolved', duration_seconds: 61.5, cost: 0.25, interruptions: 2 } as const

  test('are counted by tenant and outcome, with their seconds, cost and interruptions', async () => {
    const { metrics, value } = relay()
    metrics.callEnded(call)
    metrics.callEnded({ ...call, outcome: 'failed', cost: 0.5, interruptions: 0 })
    metrics.callEnded({ ...call, tenant_id: NORTHWIND })
    expect(await value('phony_calls_ended_total', { tenant_id: ACME, outcome: 'resolved' })).toBe(1)
    expect(await value('phony_calls_ended_total', { tenant_id: ACME, outcome: 'failed' })).toBe(1)
    expect(await value('phony_calls_ended_total', { tenant_id: NORTHWIND, outcome: 'resolved' })).toBe(1)
    expect(await value('phony_call_seconds_total', { tenant_id: ACME })).toBe(123)
    expect(await value('phony_call_cost_usd_total', { tenant_id: ACME })).toBe(0.75)
    expect(await value('phony_interruptions_total', { tenant_id: ACME })).toBe(2)
  })

  test('refused ones are counted by reason, those of no tenant too', async () => {
    const { metrics, value } = relay()
    metrics.callRefused(ACME, 'too_many_calls')
    metrics.callRefused(null, 'unknown_number')
    metrics.callRefused(null, 'unknown_number')
    expect(await value('phony_calls_refused_total', { tenant_id: ACME, reason: 'too_many_calls' })).toBe(1)
    expect(await value('phony_calls_refused_total', { tenant_id: 'none', reason: 'unknown_number' })).toBe(2)
  })

  test('a call that never was measured counts, and its nonsense does not', async () => {
    const { metrics, value } = relay()
    metrics.callEnded({ ...call, duration_seconds: Number.NaN, cost: -1, interruptions: Number.POSITIVE_INFINITY })
    metrics.callEnded(call)
    expect(await value('phony_call_seconds_total', { tenant_id: ACME })).toBe(61.5)
    expect(await value('phony_call_cost_usd_total', { tenant_id: ACME })).toBe(0.25)
    expect(await value('phony_interruptions_total', { tenant_id: ACME })).toBe(2)
  })

  test('those in progress are shown as they are now; a tenant whose last one ended with 0', async () => {
    const { is, value } = relay()
    is.live_calls = new Map([
      [ACME, 4],
      [NORTHWIND, 1],
    ])
    expect(await value('phony_live_calls', { tenant_id: ACME })).toBe(4)
    is.live_calls = new Map([[ACME, 3]])
    expect(await value('phony_live_calls', { tenant_id: ACME })).toBe(3)
    expect(await value('phony_live_calls', { tenant_id: NORTHWIND })).toBe(0)
  })

  test('reply gaps fill buckets from which both the median and the 95th percentile can be read', async () => {
    const { metrics, value } = relay()
    for (const gap_ms of [400, 900, 1_000, 1_400, 12_000]) metrics.replied(ACME, gap_ms)
    const below = (le: string) => value('phony_reply_gap_seconds_bucket', { tenant_id: ACME, le })
    expect(await Promise.all(['0.25', '0.5', '1', '1.5', '10', '+Inf'].map(below))).toEqual([0, 1, 3, 4, 4, 5])
    expect(await value('phony_reply_gap_seconds_sum', { tenant_id: ACME })).toBeCloseTo(15.7)
  })

  test('of facts only the end of a call and the reply gaps of turns count', async () => {
    const { metrics, value } = relay()
    const turn = { kind: 'speech', speaker: 'agent', reply_gap_ms: 700 } as unknown as SpeechTurn & { at: Date }
    metrics.factLaid({ tenant_id: ACME, fact: { type: 'call_answered', answered_at: SINCE } })
    metrics.factLaid({ tenant_id: ACME, fact: { type: 'turn_final', turn } })
    metrics.factLaid({ tenant_id: ACME, fact: { type: 'turn_final', turn: { ...turn, reply_gap_ms: null } } })
    metrics.factLaid({
      tenant_id: ACME,
      fact: {
        type: 'call_ended',
        ended_at: SINCE,
        status: 'completed',
        outcome: 'abandoned',
        escalated: false,
        end_reason: 'The caller hung up.',
        summary: null,
        duration_seconds: 10,
        usage: {} as never,
        cost: 0.1,
        cost_breakdown: { model: 0.1, carrier: 0 },
        quality: { interruptions: 3 } as never,
        voice: null,
      },
    })
    expect(await value('phony_reply_gap_seconds_count', { tenant_id: ACME })).toBe(1)
    expect(await value('phony_calls_ended_total', { tenant_id: ACME, outcome: 'abandoned' })).toBe(1)
    expect(await value('phony_call_seconds_total', { tenant_id: ACME })).toBe(10)
    expect(await value('phony_interruptions_total', { tenant_id: ACME })).toBe(3)
  })
})

describe('the rest', () => {
  test('requests are observed by route and status', async () => {
    const { metrics, value } = relay()
    metrics.requestDone('receive_call', 200, 30)
    metrics.requestDone('receive_call', 507, 3)
    metrics.requestDone('listAgents', 'gone', 4_000)
    const of = (route: string, status: string) => value('phony_http_request_seconds_count', { route, status })
    expect(await of('receive_call', '200')).toBe(1)
    expect(await of('receive_call', '507')).toBe(1)
    expect(await of('listAgents', 'gone')).toBe(1)
    const fast = { route: 'receive_call', status: '200', le: '0.05' }
    expect(await value('phony_http_request_seconds_bucket', fast)).toBe(1)
    expect(await value('phony_http_request_seconds_bucket', { ...fast, le: '0.025' })).toBe(0)
  })

  test('calls that could not be answered are there with 0 before the first, so that an alert sees it', async () => {
    const { metrics, value } = relay()
    const failed = () => value('phony_http_request_seconds_count', { route: 'receive_call', status: '503' })
    expect(await failed()).toBe(0)
    metrics.requestDone('receive_call', 503, 400)
    expect(await failed()).toBe(1)
  })

  test('a socket counts from its opening to its end', async () => {
    const { metrics, value } = relay()
    const [one, two, ear] = [new EventEmitter(), new EventEmitter(), new EventEmitter()]
    metrics.socketOpened('events', one)
    metrics.socketOpened('events', two)
    metrics.socketOpened('listen', ear)
    one.emit('close')
    one.emit('close')
    expect(await value('phony_sockets_open', { kind: 'events' })).toBe(1)
    expect(await value('phony_sockets_open', { kind: 'listen' })).toBe(1)
  })

  test('what waits in the spool, and which parts are ready, is as it is at the scrape', async () => {
    const { is, value } = relay()
    is.spool = { records: 12, oldest_ms: 4_500 }
    is.parts = {
      ...READY_PARTS,
      store: { status: 'away', since: SINCE },
      shared_state: { status: 'ready', since: SINCE },
    }
    expect(await value('phony_spool_records')).toBe(12)
    expect(await value('phony_spool_oldest_seconds')).toBe(4.5)
    expect(await value('phony_part_ready', { part: 'store' })).toBe(0)
    expect(await value('phony_part_ready', { part: 'shared_state' })).toBe(1)
    is.spool = { records: 0, oldest_ms: null }
    is.parts = READY_PARTS
    expect(await value('phony_spool_oldest_seconds')).toBe(0)
    expect(await value('phony_part_ready', { part: 'store' })).toBe(1)
  })

  test('the version is shown', async () => expect(await relay().value('phony_build', { version: '1.2.3' })).toBe(1))

  test('docs/metrics.md has every metric, and no other', async () => {
    const text = readFileSync(new URL('../../../docs/metrics.md', import.meta.url), 'utf8')
    const documented = [...text.matchAll(/^\| `(phony_\w+)/gm)].map((match) => match[1])
    expect(documented.sort()).toEqual((await namesOf(relay().metrics.registry)).sort())
  })

  test('every metric says what it is, with its unit in its name', async () => {
    for (const { name, help } of await relay().metrics.registry.getMetricsAsJSON()) {
      expect(help).toMatch(/^[A-Z].{10,}\.$/)
      expect(name).toMatch(/_(total|seconds|bytes|calls|records|open|ready|overloaded|build)$/)
    }
  })
})
