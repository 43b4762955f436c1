// What a scraper inside the network reads of a relay that carried a call, in one process and with call workers.
import { describe, expect, it } from 'vitest'
import { recordOf } from '../support/on-a-call.ts'
import { ACME, until } from '../support/running-relay.ts'
import { BILLING, stageForTests } from '../support/stage.ts'

const stage = stageForTests()
const CALLER = '+14155550142'

describe.each([
  ['in one process', 0, 'front'],
  ['with a call worker', 1, 'worker_0'],
])('/metrics %s', (_name, workers, process) => {
  it('counts a call while it is there and when it ended, its audio, its turns and its requests, and names nobody', async () => {
    const { test, model, network } = await stage({}, { workers })
    const scrape = async () => (await fetch(`${test.url}/metrics`)).text()
    const dana = await test.as('dana')
    const feed = await dana.events()
    const call = network.placeCall({ from: CALLER, to: BILLING })
    const session = await model.session()
    await session.next('response.create')
    session.speak('Hello, how can I help you?', 600)
    const during = await until(async () => {
      const text = await scrape()
      return new RegExp(`phony_frames_in_total{process="${process}"} [1-9]`).test(text) && text
    })
    expect(during).toContain(`phony_live_calls{tenant_id="${ACME}"} 1`)
    expect(during).toContain('phony_sockets_open{kind="events"} 1')
    expect(during).toContain('phony_part_ready{part="store"} 1')
    expect(during).toMatch(/phony_process_resident_memory_bytes\{process="front"\} [1-9]/)
    call.hangUp()
    await call.ended
    const { call_sid } = await recordOf({ dana, params: { call_sid: call.call_sid } } as never)
    const after = await until(async () => {
      const text = await scrape()
      return (
        /phony_calls_ended_total.* 1\n/.test(text) &&
        text.includes(`phony_process_calls{process="${process}"} 0`) &&
        text
      )
    })
    expect(after).toContain(`phony_live_calls{tenant_id="${ACME}"} 0`)
    expect(after).toMatch(new RegExp(`phony_calls_ended_total{tenant_id="${ACME}",outcome="[a-z]+"} 1`))
    expect(after).toMatch(new RegExp(`phony_frames_out_total{process="${process}"} [1-9]`))
    expect(after).toMatch(new RegExp(`phony_bridge_added_delay_seconds_count{process="${process}"} [1-9]`))
    expect(after).toContain('phony_http_request_seconds_count{route="receive_call",status="200"} 1')
    expect(after).toContain('phony_events_told_total{event_type="call.ended"} 1')
    expect(after).not.toContain(CALLER)
    expect(after).not.toContain(call_sid)
    feed.close()
  })
})

describe('/metrics', () => {
  it('counts a call that was refused, by its tenant and the reason', async () => {
    const { test, network } = await stage()
    const priya = await test.as('priya')
    const { items } = await priya.ok('listAgents', { query: {} })
    const billing = items.find((agent) => agent.phone_numbers.includes(BILLING))!
    await priya.ok('changeAgent', { params: { agent_id: billing.id }, body: { is_active: false } })
    await network.placeCall({ from: CALLER, to: BILLING }).ended
    const text = await (await fetch(`${test.url}/metrics`)).text()
    expect(text).toContain(`phony_calls_refused_total{tenant_id="${ACME}",reason="agent_not_active"} 1`)
    expect(text).not.toContain('phony_calls_ended_total{')
  })

  it('is not there for who comes through a proxy', async () => {
    const { test } = await stage()
    const answer = await fetch(`${test.url}/metrics`, { headers: { 'x-forwarded-for': '203.0.113.7' } })
    expect([answer.status, ((await answer.json()) as { code: string }).code]).toEqual([404, 'ROUTE_UNKNOWN'])
  })

  it('parts of health: disk and spool here, workers where there are some', async () => {
    const { test } = await stage({}, { workers: 1 })
    const ready = await (await fetch(`${test.url}/health/ready`)).json()
    expect(ready).toMatchObject({
      status: 'ready',
      parts: {
        store: { status: 'ready' },
        disk: { status: 'ready' },
        workers: { wanted: 1, up: 1 },
        spool: { records: 0 },
      },
    })
  })
})
