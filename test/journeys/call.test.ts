import { describe, expect, it } from 'vitest'
import { ACME, until } from '../support/running-relay.ts'
import { BILLING, stageForTests } from '../support/stage.ts'

const stage = stageForTests()

describe('one call, end to end', () => {
  it('[L1][L2][L3] is answered, greeted, heard, interrupted and ended, and the record says so', async () => {
    const { test, model, network } = await stage()
    const dana = await test.as('dana')
    const feed = await dana.events()
    const call = network.placeCall({ from: '+14155550142', to: BILLING })
    const session = await model.session()
    const update = await session.next('session.update')
    expect(update.session).toMatchObject({
      type: 'realtime',
      audio: { input: { format: { type: 'audio/pcmu' } }, output: { format: { type: 'audio/pcmu' }, voice: 'alloy' } },
    })
    const greeting = await session.next('response.create')
    expect(JSON.stringify(greeting)).toContain('Thanks for calling Acme Corporation billing')
    const started = await feed.next('call.started')
    expect(started.call_session).toMatchObject({ tenant_id: ACME, from_number: '+14155550142', status: 'ringing' })
    const greeted = await feed.next(
      'call.transcript',
      ({ turn }) => turn.kind === 'speech' && turn.speaker === 'agent' && turn.is_final,
    )
    expect(greeted.turn).toMatchObject({ text: 'Hello, how can I help?', heard_ms: 600, unheard_text: '' })

    session.send({ type: 'input_audio_buffer.speech_started', item_id: 'c1', audio_start_ms: 1_200 })
    session.send({ type: 'input_audio_buffer.speech_stopped', item_id: 'c1', audio_end_ms: 2_000 })
    const item = session.speak(
      'Your next invoice is on the eighteenth of November and it will be forty dollars.',
      4_000,
      { response_id: 'r_long', finish: false },
    )
    session.send({
      type: 'conversation.item.input_audio_transcription.completed',
      item_id: 'c1',
      content_index: 0,
      transcript: 'When is my invoice?',
      usage: { type: 'duration', seconds: 1 },
    })
    await until(() => call.heard.played_ms > 1_200)
    session.send({ type: 'input_audio_buffer.speech_started', item_id: 'c2', audio_start_ms: 3_500 })
    const truncate = await session.next('conversation.item.truncate')
    expect(truncate).toMatchObject({ item_id: item, content_index: 0 })
    expect(truncate.audio_end_ms).toBeGreaterThan(200)
    expect(truncate.audio_end_ms).toBeLessThan(3_000)
    const cut = await feed.next('call.transcript', ({ turn }) => turn.turn_id === item && turn.is_final)
    expect(cut.turn).toMatchObject({ cut_off_by: 'caller', heard_ms: truncate.audio_end_ms })
    expect(cut.turn.kind === 'speech' && cut.turn.unheard_text.length).toBeGreaterThan(10)

    call.hangUp()
    const ended = await feed.next('call.ended')
    expect(ended.call_session).toMatchObject({
      status: 'completed',
      outcome: 'unresolved',
      end_reason: 'The caller hung up.',
      live: null,
    })
    const record = await until(async () => {
      const found = await dana.ok('getCall', { params: { call_sid: call.call_sid } })
      return found.ended_at && found
    })
    expect(record.transcript.filter((turn) => turn.kind === 'speech').map((turn) => turn.turn_id)).toEqual([
      expect.stringMatching(/^item_/),
      'c1',
      item,
      'c2',
    ])
    expect(record.quality.interruptions).toBe(1)
    expect(record.quality.interruption_p50_ms).not.toBeNull()
    expect(record.quality.interruption_p95_ms).toBe(record.quality.interruption_p50_ms)
    await until(async () =>
      /^phony_interruption_seconds_count\{process="\w+"\} 1$/m.test(await (await fetch(`${test.url}/metrics`)).text()),
    )
    expect(call.errors).toEqual([])
    const analytics = await until(async () => {
      const found = await dana.ok('getAnalytics', { query: {} })
      return found.summary.total_calls > 0 && found
    })
    expect(analytics.summary).toMatchObject({ total_calls: 1, success_rate: 0 })
  }, 30_000)

  it('[L2] a model that falls behind and goes on is still interrupted', async () => {
    const { test, model, network } = await stage()
    const feed = await (await test.as('dana')).events()
    const call = network.placeCall({ from: '+14155550142', to: BILLING })
    const session = await model.session()
    await session.next('response.create')
    await feed.next('call.transcript', ({ turn }) => turn.kind === 'speech' && turn.is_final)
    const item_id = session.speak('A slow answer.', 200, { response_id: 'r_slow', finish: false })
    await until(() => call.heard.played_ms >= 780)
    await new Promise((resolve) => setTimeout(resolve, 150))
    for (let count = 0; count < 20; count++) {
      const delta = Buffer.alloc(1_600, 0x10).toString('base64')
      session.send({
        type: 'response.output_audio.delta',
        response_id: 'r_slow',
        item_id,
        output_index: 0,
        content_index: 0,
        delta,
      })
    }
    session.send({ type: 'response.done', response: { id: 'r_slow', status: 'completed', output: [] } })
    await until(() => call.heard.played_ms > 1_000)
    session.send({ type: 'input_audio_buffer.speech_started', item_id: 'c1', audio_start_ms: 2_000 })
    await until(() => call.heard.cleared_ms > 2_000)
  }, 30_000)
})
