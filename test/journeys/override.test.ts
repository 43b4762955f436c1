import { describe, expect, it } from 'vitest'
import { until } from '../support/running-relay.ts'
import { BILLING, stageForTests } from '../support/stage.ts'

const stage = stageForTests()

async function talking(options: Parameters<typeof stage>[0] = {}) {
  const { test, model, network } = await stage(options)
  const dana = await test.as('dana')
  const feed = await dana.events()
  const call = network.placeCall({ from: '+14155550142', to: BILLING })
  const session = await model.session()
  await session.next('response.create')
  await feed.next('call.transcript', ({ turn }) => turn.kind === 'speech' && turn.is_final)
  return { test, model, network, dana, feed, call, session, params: { call_sid: call.call_sid } }
}

describe('a live override', () => {
  it('[L8] is pending when stored, applied when the session has it, used in the next answer', async () => {
    const { dana, feed, session, params } = await talking()
    const stored = await dana.ok('overrideContext', {
      params,
      body: { context: { promise: 'Hold released by 17:00' }, reason: 'Agreed with payments' },
    })
    expect(stored).toMatchObject({
      version: 1,
      state: 'pending',
      reason: 'Agreed with payments',
      updated_by: { name: 'Dana Ortiz' },
      diff: [{ path: 'promise', after: 'Hold released by 17:00' }],
    })
    const update = await session.next(
      'session.update',
      session.received.findIndex((event) => event.type === 'session.update') + 1,
    )
    expect(Object.keys(update.session as object).sort()).toEqual(['instructions', 'type'])
    expect((update.session as { instructions: string }).instructions).toContain('Hold released by 17:00')
    const applied = await feed.next('context.updated', ({ version }) => version.state === 'applied')
    expect(applied).toMatchObject({
      version: { version: 1, used_in_turn: null },
      context: { promise: 'Hold released by 17:00' },
    })
    session.speak('It is released by five.', 400)
    const used = await feed.next('context.updated', ({ version }) => version.used_in_turn !== null)
    const call = await dana.ok('getCall', { params })
    expect(call.transcript.find((turn) => turn.turn_index === used.version.used_in_turn)).toMatchObject({
      context_version: 1,
    })
    expect(call).toMatchObject({ context: { promise: 'Hold released by 17:00' }, context_version: 1 })
  })

  it('two editors: the second is refused with the version in force, nothing is lost', async () => {
    const { dana, params } = await talking()
    await dana.ok('overrideContext', { params, body: { context: { a: 1 }, expected_version: 0 } })
    const late = await dana.call('overrideContext', { params, body: { context: { b: 2 }, expected_version: 0 } })
    expect(late).toMatchObject({ status: 409, body: { code: 'VERSION_CONFLICT', current_version: 1 } })
    expect((await dana.ok('getCall', { params })).context).toEqual({ a: 1 })
  })

  it('the session refuses it: refused with its words, and the session goes on', async () => {
    const { dana, feed, params } = await talking({
      onUpdate: (session, event) => {
        if (!JSON.stringify(event).includes('forbidden words')) return false
        session.send({
          type: 'error',
          error: {
            type: 'invalid_request_error',
            code: 'invalid_value',
            message: 'Not these words.',
            param: 'session.instructions',
            event_id: event.event_id,
          },
        })
        return true
      },
    })
    await dana.ok('overrideContext', { params, body: { context: { note: 'forbidden words' } } })
    const refused = await feed.next('context.updated', ({ version }) => version.state === 'refused')
    expect(refused.version.refused_reason).toBe('Not these words.')
    await dana.ok('overrideContext', { params, body: { context: {}, mode: 'replace' } })
    await feed.next('context.updated', ({ version }) => version.version === 2 && version.state === 'applied')
  })

  it('rolls back to an earlier version as a new one', async () => {
    const { dana, feed, params } = await talking()
    await dana.ok('overrideContext', { params, body: { context: { credit: 40 } } })
    await dana.ok('overrideContext', { params, body: { context: { credit: 400 } } })
    expect(await dana.ok('rollbackContext', { params, body: { to_version: 1, expected_version: 2 } })).toMatchObject({
      version: 3,
      context_data: { credit: 40 },
      reason: 'Rolled back to v1',
    })
    await feed.next('context.updated', ({ version }) => version.version === 3 && version.state === 'applied')
    expect(
      (await dana.ok('listContextVersions', { params, query: {} })).items.map((item) => [item.version, item.state]),
    ).toEqual([
      [3, 'applied'],
      [2, 'applied'],
      [1, 'applied'],
    ])
    expect((await dana.call('rollbackContext', { params, body: { to_version: 9 } })).status).toBe(404)
  })

  it('to speak at once: the agent tells the caller as soon as the session has it', async () => {
    const { dana, session, params } = await talking()
    const seen = session.received.length
    await dana.ok('overrideContext', { params, body: { context: { news: 'closed today' }, speak_now: true } })
    expect(JSON.stringify(await session.next('response.create', seen))).toContain('closed today')
  })

  it('over 64 kB is 413 and malformed rules are 422, each naming the field', async () => {
    const { dana, params } = await talking()
    const big = await dana.call('overrideContext', { params, body: { context: { text: 'x'.repeat(65_537) } } })
    expect(big).toMatchObject({ status: 413, body: { code: 'BODY_TOO_LARGE', errors: [{ pointer: '/context' }] } })
    const rules = await dana.call('overrideContext', {
      params,
      body: { context: { escalation_rules: { keywords: 'help' } } },
    })
    expect(rules).toMatchObject({ status: 422, body: { errors: [{ pointer: '/context/escalation_rules/keywords' }] } })
  })

  it('after the end of the call is refused', async () => {
    const { dana, feed, call, params } = await talking()
    call.hangUp()
    await feed.next('call.ended')
    await until(async () => (await dana.ok('getCall', { params })).ended_at)
    expect(await dana.call('overrideContext', { params, body: { context: { a: 1 } } })).toMatchObject({
      status: 409,
      body: { code: 'CALL_NOT_LIVE' },
    })
  })

  it('keywords set by an override raise the escalation', async () => {
    const { dana, feed, session, params } = await talking()
    await dana.ok('overrideContext', {
      params,
      body: { context: { escalation_rules: { keywords: ['purple elephant'], target: '+13125550199' } } },
    })
    session.send({ type: 'input_audio_buffer.speech_started', item_id: 'c1', audio_start_ms: 2_000 })
    session.send({
      type: 'conversation.item.input_audio_transcription.completed',
      item_id: 'c1',
      content_index: 0,
      transcript: 'There is a purple elephant here.',
    })
    const raised = await feed.next('escalation.raised')
    expect(raised).toMatchObject({
      attention: { reason: 'escalation_keyword', words: ['purple elephant'], speaker: 'caller' },
      target: '+13125550199',
    })
  })
})
