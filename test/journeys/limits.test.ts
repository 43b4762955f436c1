// What a tenant may have at once and in an hour: who is over it hears a sentence, others do not notice.
import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { callsOn, recordOf } from '../support/on-a-call.ts'
import { ACME, NORTHWIND, until } from '../support/running-relay.ts'
import { BILLING, stageForTests } from '../support/stage.ts'

const stage = stageForTests()
const calling = callsOn(stage)
const LIMITS = {
  agents: 100,
  calls_per_hour: 1_000,
  concurrent_calls: 100,
  api_requests_per_minute: 10_000,
  monthly_budget: null,
  version_megabytes: 5_000,
}

describe('the limits of a tenant', () => {
  it('a call too many hears a sentence and costs no model; when one ends there is room again', async () => {
    const on = await calling({}, {}, { default_limits: { ...LIMITS, concurrent_calls: 1 } })
    await (await on.model.session()).next('response.create')
    const second = on.network.placeCall({ from: '+14155550143', to: BILLING })
    await second.ended
    expect(second.heard.text).toContain('busy')
    expect(on.model.sessions).toHaveLength(1)
    expect(await recordOf({ ...on, params: { call_sid: second.call_sid } })).toMatchObject({
      outcome: 'refused',
      end_reason: 'The tenant is at its limit of calls.',
    })
    const sam = await on.test.as('sam')
    const other = (await sam.ok('listNumbers', { query: {} })).items.find((number) => number.assigned_agent !== null)!
    const elsewhere = on.network.placeCall({ from: '+14155550144', to: other.phone_number })
    await elsewhere.streaming
    on.call.hangUp()
    await on.feed.next('call.ended', ({ call_session }) => call_session.call_sid === on.call.call_sid)
    const third = on.network.placeCall({ from: '+14155550145', to: BILLING })
    await until(async () =>
      (await on.dana.ok('listLiveCalls', {})).items.some((one) => one.call_sid === third.call_sid),
    )
    for (const call of [third, elsewhere]) {
      call.hangUp()
      await call.ended
    }
  })

  it('so many calls an hour, and no more', async () => {
    const on = await calling({}, {}, { default_limits: { ...LIMITS, calls_per_hour: 1 } })
    await on.call.streaming
    on.call.hangUp()
    await recordOf(on)
    const second = on.network.placeCall({ from: '+14155550143', to: BILLING })
    await second.ended
    expect(await recordOf({ ...on, params: { call_sid: second.call_sid } })).toMatchObject({ outcome: 'refused' })
  })

  it('versions fill so much and no more: further edits are refused, what stops harm, calls and what is there are not', async () => {
    const on = await calling({}, {}, { default_limits: { ...LIMITS, version_megabytes: 1 } })
    const { dana, priya, params } = on
    const session = await on.model.session()
    await session.next('response.create')
    const ofBilling = { params: { agent_id: on.billing.id } }
    const editing = { ...ofBilling, body: { system_prompt: 'You are brief. '.repeat(2_000) } }
    const FULL = { status: 409, body: { code: 'VERSION_LIMIT_REACHED' } }
    let saved = 0
    let answer = await priya.call('changeAgent', editing)
    while (answer.status === 200 && ++saved < 100) answer = await priya.call('changeAgent', editing)
    expect(saved).toBeGreaterThan(5)
    expect(answer).toMatchObject(FULL)
    expect((answer.body as unknown as { detail: string }).detail).toMatch(/the 1 MB .* can raise .* version_megabytes/)
    const sam = await on.test.as('sam')
    const theirs = (await sam.ok('listAgents', { query: {} })).items[0]!
    await sam.ok('changeAgent', { ...editing, params: { agent_id: theirs.id } })

    const context = { refunds: 'none today', notes: 'x'.repeat(30_000) }
    await dana.ok('overrideContext', { params, body: { context } })
    await dana.ok('overrideContext', { params, body: { context: { refunds: 'to the card' } } })
    await dana.ok('rollbackContext', { params, body: { to_version: 1 } })
    const pause = { is_active: false, note: 'It promises refunds.' }
    expect(await priya.call('changeAgent', { ...editing, body: { ...editing.body, ...pause } })).toMatchObject(FULL)
    expect(await priya.ok('changeAgent', { ...ofBilling, body: pause })).toMatchObject({ is_active: false })
    expect(await priya.call('changeAgent', { ...ofBilling, body: pause })).toMatchObject(FULL)
    expect(await priya.call('changeAgent', { ...ofBilling, body: { is_active: true } })).toMatchObject(FULL)

    session.send({ type: 'input_audio_buffer.speech_started', item_id: 'c1', audio_start_ms: 40 })
    session.send({
      type: 'conversation.item.input_audio_transcription.completed',
      item_id: 'c1',
      content_index: 0,
      transcript: 'Are you still there?',
    })
    await on.feed.next('call.transcript', ({ turn }) => turn.kind === 'speech' && turn.text.includes('still there'))
    on.call.hangUp()
    const record = await recordOf(on)
    expect(record).toMatchObject({ context_version: 3, context, outcome: expect.any(String) })
    expect(record.transcript.some((turn) => turn.kind === 'speech' && turn.text.includes('still there'))).toBe(true)
    expect((await dana.ok('listContextVersions', { params, query: { limit: 200 } })).items[0]!.version).toBe(3)
    const other = (await dana.ok('listNumbers', { query: {} })).items.find(
      ({ assigned_agent }) => assigned_agent !== null && assigned_agent !== on.billing.id,
    )!
    const next = on.network.placeCall({ from: '+14155550143', to: other.phone_number })
    await next.streaming
    next.hangUp()
    await next.ended
  })

  it('a platform admin reads and changes those of one tenant; they hold within seconds, and of others none is changed', async () => {
    const { test } = await stage({}, { default_limits: LIMITS })
    await test.addPlatformAdmin()
    const admin = await test.asPlatformAdmin()
    const [acme, northwind] = [{ tenant_id: ACME }, { tenant_id: NORTHWIND }]
    expect(await admin.ok('getTenantLimits', { params: acme })).toEqual(LIMITS)
    const change = { agents: 4, version_megabytes: 7 }
    const changed = { ...LIMITS, ...change }
    expect(await admin.ok('changeTenantLimits', { params: acme, body: change })).toEqual(changed)
    expect(await admin.ok('getTenantLimits', { params: acme })).toEqual(changed)
    expect(await admin.ok('getTenantLimits', { params: northwind })).toEqual(LIMITS)
    const [priya, sam] = [await test.as('priya'), await test.as('sam')]
    await until(async () => (await priya.ok('getTenant', {})).limits.agents === 4)
    const agent = { name: 'Night line', type: 'inbound' as const, system_prompt: 'You answer the night line.' }
    await priya.ok('createAgent', { body: agent })
    expect(await priya.call('createAgent', { body: agent })).toMatchObject({ body: { code: 'AGENT_LIMIT_REACHED' } })
    for (const body of [{}, { agents: 0 }, { calls_per_hour: null }, { version_megabytes: 1.5 }, { seats: 3 }])
      expect((await admin.call('changeTenantLimits', { params: acme, body: body as never })).status).toBe(422)
    expect(await admin.ok('getTenantLimits', { params: acme })).toEqual(changed)
    // Not even the admin of a tenant raises its own.
    for (const client of [priya, sam])
      expect((await client.call('changeTenantLimits', { params: northwind, body: change })).status).toBe(403)
  })

  it('a socket is a request: who has made too many gets none', async () => {
    const { test } = await stage({}, { default_limits: { ...LIMITS, api_requests_per_minute: 3 } })
    const dana = await test.as('dana')
    const statuses = []
    for (let tries = 0; tries < 4; tries++) statuses.push((await dana.call('getMe', {})).status)
    expect(statuses.at(-1)).toBe(429)
    for (const path of ['/events/ws', `/calls/CA${'0'.repeat(32)}/listen`]) {
      const socket = new WebSocket(`${test.url.replace('http', 'ws')}${path}`, {
        headers: { authorization: `Bearer ${dana.access_token}` },
      })
      socket.on('error', () => {})
      const [, answer] = (await once(socket, 'unexpected-response')) as [unknown, IncomingMessage]
      expect([answer.statusCode, Number(answer.headers['retry-after']) > 0]).toEqual([429, true])
    }
  })
})
