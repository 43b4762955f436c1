// What a tenant may have at once and in an hour: who is over it hears a sentence, others do not notice.
import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { callsOn, recordOf } from '../support/on-a-call.ts'
import { until } from '../support/running-relay.ts'
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

  it('versions fill so much and no more: further saves are refused, calls and what is there are not', async () => {
    const on = await calling({}, {}, { default_limits: { ...LIMITS, version_megabytes: 1 } })
    const { dana, priya, params } = on
    const session = await on.model.session()
    await session.next('response.create')
    const override = async (nth: number) => {
      const context = { notes: String(nth).repeat(30_000) }
      return dana.call('overrideContext', { params, body: { context, mode: 'replace' } })
    }
    let saved = 0
    let answer = await override(saved)
    while (answer.status === 200) answer = await override(++saved)
    expect(saved).toBeGreaterThan(5)
    expect(answer).toMatchObject({ status: 409, body: { code: 'VERSION_LIMIT_REACHED' } })
    expect((answer.body as unknown as { detail: string }).detail).toMatch(/the 1 MB .* can raise .* version_megabytes/)
    const pausing = { params: { agent_id: on.billing.id }, body: { system_prompt: 'You are brief. '.repeat(2_000) } }
    expect(await priya.call('changeAgent', pausing)).toMatchObject({
      status: 409,
      body: { code: 'VERSION_LIMIT_REACHED' },
    })
    const sam = await on.test.as('sam')
    const theirs = (await sam.ok('listAgents', { query: {} })).items[0]!
    await sam.ok('changeAgent', { ...pausing, params: { agent_id: theirs.id } })

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
    expect(record).toMatchObject({ context_version: saved, outcome: expect.any(String) })
    expect(record.transcript.some((turn) => turn.kind === 'speech' && turn.text.includes('still there'))).toBe(true)
    expect((await dana.ok('listContextVersions', { params, query: { limit: 200 } })).items[0]!.version).toBe(saved)
    const next = on.network.placeCall({ from: '+14155550143', to: BILLING })
    await next.streaming
    next.hangUp()
    await next.ended
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
