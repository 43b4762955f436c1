// Models that are late, silent, terse or wrong: what the caller hears and what the record says.
import { describe, expect, it } from 'vitest'
import { startModel } from '../../relay/simulator/model.ts'
import { createSpeech } from '../../relay/simulator/speech.ts'
import { callsOn, type OnACall, recordOf } from '../support/on-a-call.ts'
import { until } from '../support/running-relay.ts'
import type { ScriptedSession } from '../support/scripted-model.ts'
import { stageForTests } from '../support/stage.ts'

const calling = callsOn(stageForTests())

const refuse = (session: ScriptedSession, event_id: string | undefined, param: string | null = null) =>
  session.send({
    type: 'error',
    error: { type: 'invalid_request_error', code: 'invalid_value', message: 'Not like this.', param, event_id },
  })
const requests = (session: ScriptedSession) => session.received.filter((event) => event.type === 'response.create')
const callerTurn = (session: ScriptedSession, item_id: string, text: string | null, audio_start_ms = 100) => {
  session.send({ type: 'input_audio_buffer.speech_started', item_id, audio_start_ms })
  session.send({ type: 'input_audio_buffer.speech_stopped', item_id, audio_end_ms: audio_start_ms + 900 })
  if (text !== null)
    session.send({
      type: 'conversation.item.input_audio_transcription.completed',
      item_id,
      content_index: 0,
      transcript: text,
    })
}

/** The relay knows that the caller has stopped speaking. */
const thinking = ({ dana }: OnACall) =>
  until(async () => (await dana.ok('listLiveCalls', {})).items[0]?.live?.phase === 'agent_thinking')

describe('a model that refuses', () => {
  it('[L16] a refused greeting is asked for with a note instead, and is then heard', async () => {
    const on = await calling({ greets: false })
    const session = await on.model.session()
    const first = await session.next('response.create')
    refuse(session, first.event_id)
    const second = await until(async () => requests(session)[1])
    expect(second.response).toBeUndefined()
    expect(session.received.find((event) => event.type === 'conversation.item.create')).toMatchObject({
      item: { type: 'message', role: 'system', content: [{ text: expect.stringContaining('Begin the call now') }] },
    })
    session.speak('Hello, this is billing.', 600)
    await on.feed.next('call.transcript', ({ turn }) => turn.kind === 'speech' && turn.is_final)
    expect((await on.dana.ok('listLiveCalls', {})).items[0]?.live?.attention[0]?.reason).toBe('model_trouble')
  })

  it('[L16] a greeting refused twice: the caller hears a sentence, the record says why', async () => {
    const on = await calling({ greets: false })
    const session = await on.model.session()
    refuse(session, (await session.next('response.create')).event_id)
    refuse(session, (await until(async () => requests(session)[1])).event_id)
    await on.call.ended
    expect(on.call.heard.text).toContain('technical problem')
    expect(await recordOf(on)).toMatchObject({
      outcome: 'failed',
      end_reason: 'The model refused to answer: Not like this.',
    })
  })

  it('an error about some other message frees nothing: no second response is asked for', async () => {
    const on = await calling({ greets: false })
    const session = await on.model.session()
    await session.next('response.create')
    refuse(session, 'ev_of_something_else')
    refuse(session, undefined)
    session.speak('Hello, this is billing.', 600)
    await on.feed.next('call.transcript', ({ turn }) => turn.kind === 'speech' && turn.is_final)
    expect(requests(session)).toHaveLength(1)
  })

  it('a refused voice: the next one is tried, and at last none is asked for', async () => {
    const tried: unknown[] = []
    const on = await calling(
      {
        onUpdate: (session, event) => {
          const voice = (event.session as { audio?: { output?: { voice?: string } } }).audio?.output?.voice
          tried.push(voice)
          if (voice === undefined) return false
          refuse(session, event.event_id, 'session.audio.output.voice')
          return true
        },
      },
      { voice: 'fable' },
    )
    const session = await on.model.session()
    await session.next('response.create')
    expect(tried).toEqual(['ballad', 'verse', 'alloy', undefined])
  })
})

describe('a model that is silent', () => {
  it.each(['completed', 'incomplete'])(
    '[L7] an answer that is %s without a sound is asked for again',
    async (status) => {
      const on = await calling()
      const session = await on.model.session()
      await session.next('response.create')
      callerTurn(session, 'item_question', 'Are you there?')
      session.send({ type: 'response.created', response: { id: 'resp_mute', status: 'in_progress', output: [] } })
      session.send({ type: 'response.done', response: { id: 'resp_mute', status, output: [] } })
      await until(async () => requests(session)[1])
      session.speak('I am here.', 400)
      await on.feed.next('call.transcript', ({ turn }) => turn.kind === 'speech' && turn.text === 'I am here.')
      on.call.hangUp()
      expect((await recordOf(on)).end_reason).toBe('The caller hung up.')
    },
  )

  it('[L7] a model that has too much to do is asked again when it says, and the caller is greeted', async () => {
    const on = await calling({ greets: false })
    const session = await on.model.session()
    for (let tries = 0; tries < 3; tries++) {
      await until(() => requests(session)[tries])
      const id = `resp_limited_${tries}`
      session.send({ type: 'response.created', response: { id, status: 'in_progress', output: [] } })
      const error = { type: 'requests', code: 'rate_limit_exceeded', message: 'Please try again in 300ms.' }
      session.send({
        type: 'response.done',
        response: { id, status: 'failed', status_details: { type: 'failed', error }, output: [] },
      })
      await new Promise((resolve) => setTimeout(resolve, 150))
      expect(requests(session)).toHaveLength(tries + 1)
    }
    await until(() => requests(session)[3])
    session.speak('Hello, this is billing.', 400)
    await on.feed.next(
      'call.transcript',
      ({ turn }) => turn.kind === 'speech' && turn.text === 'Hello, this is billing.',
    )
    on.call.hangUp()
    const record = await recordOf(on)
    expect(record.end_reason).toBe('The caller hung up.')
    expect(record.transcript.filter(({ kind }) => kind === 'notice')).toHaveLength(3)
  })

  it('[L6] a model that is busy at first is asked again, and the caller is greeted', async () => {
    const on = await calling({ refuse: 503, refuse_times: 2 })
    await on.feed.next('call.transcript', ({ turn }) => turn.kind === 'speech' && turn.is_final)
    on.call.hangUp()
    expect((await recordOf(on)).end_reason).toBe('The caller hung up.')
  })

  it('[L16] no answer for ten seconds: the caller hears a sentence', async () => {
    const on = await calling({ greets: false })
    await (await on.model.session()).next('response.create')
    await on.call.ended
    expect(on.call.heard.text).toContain('technical problem')
    expect(await recordOf(on)).toMatchObject({ outcome: 'failed', end_reason: 'The model went silent.' })
  }, 30_000)
})

describe('a caller who cuts in', () => {
  it('[L1] before the first sound of the greeting: they are answered, and then greeted in the agent’s own words', async () => {
    const on = await calling({ greets: false }, { greeting_message: 'This is an AI. Calls are recorded.' })
    const session = await on.model.session()
    await session.next('response.create')
    session.send({ type: 'response.created', response: { id: 'resp_greeting', status: 'in_progress', output: [] } })
    session.send({ type: 'input_audio_buffer.speech_started', item_id: 'item_hello', audio_start_ms: 100 })
    session.send({
      type: 'response.done',
      response: { id: 'resp_greeting', status: 'cancelled', status_details: { reason: 'turn_detected' }, output: [] },
    })
    session.send({ type: 'input_audio_buffer.speech_stopped', item_id: 'item_hello', audio_end_ms: 600 })
    session.speak('Yes?', 400)
    await until(() => requests(session)[1])
    expect(JSON.stringify(requests(session)[1])).toContain('This is an AI. Calls are recorded.')
  })

  it('[L2] also where the server does not say in which turn', async () => {
    const on = await calling({ greets: false })
    const session = await on.model.session()
    await session.next('response.create')
    session.speak('This is a very long answer.', 20_000, { finish: false })
    await until(() => on.call.heard.played_ms > 400)
    session.send({ type: 'input_audio_buffer.speech_started', audio_start_ms: 900 })
    await session.next('conversation.item.truncate')
    await until(() => on.call.heard.cleared_ms > 10_000)
  })

  it('[L15] before the greeting has begun: it is not said over them, but after their answer', async () => {
    const on = await calling({ greets: false })
    const session = await on.model.session()
    await session.next('response.create')
    session.send({ type: 'input_audio_buffer.speech_started', item_id: 'item_early', audio_start_ms: 100 })
    session.speak('Welcome to billing.', 2_000, { response_id: 'resp_over', finish: false })
    await session.next('response.cancel')
    session.send({ type: 'response.done', response: { id: 'resp_over', status: 'cancelled', output: [] } })
    session.send({ type: 'input_audio_buffer.speech_stopped', item_id: 'item_early', audio_end_ms: 900 })
    session.speak('Yes, I hear you.', 400)
    const again = await until(async () => requests(session)[1])
    expect(JSON.stringify(again)).toContain('Begin the call now')
    expect(on.call.heard.played_ms).toBeLessThan(1_000)
  })
})

describe('words that come late or never', () => {
  it('[L13] what the caller was saying when the line closed ends in silence, so that it is written down', async () => {
    const on = await calling()
    const session = await on.model.session()
    await session.next('response.create')
    session.send({ type: 'input_audio_buffer.speech_started', item_id: 'item_half', audio_start_ms: 100 })
    await until(async () => (await on.dana.ok('listLiveCalls', {})).items[0]?.live?.phase === 'caller_speaking')
    on.call.hangUp()
    await until(() => session.audio.subarray(-6_400).equals(Buffer.alloc(6_400, 0xff)))
    session.send({ type: 'input_audio_buffer.speech_stopped', item_id: 'item_half', audio_end_ms: 900 })
    // The model answers by itself; nobody hears it, and it is paid for.
    session.send({ type: 'response.created', response: { id: 'resp_vain', status: 'in_progress', output: [] } })
    await session.next('response.cancel')
    session.send({
      type: 'conversation.item.input_audio_transcription.completed',
      item_id: 'item_half',
      content_index: 0,
      transcript: 'And my address is',
    })
    session.send({
      type: 'response.done',
      response: { id: 'resp_vain', status: 'cancelled', output: [], usage: { input_tokens: 40, output_tokens: 2 } },
    })
    const call = await recordOf(on)
    expect(call.transcript.at(-1)).toMatchObject({ speaker: 'caller', text: 'And my address is' })
    expect(call.usage).toMatchObject({ responses: 1 })
  })

  it('what the model used for an answer that nobody waited for is counted', async () => {
    const on = await calling({ greets: false })
    const session = await on.model.session()
    await session.next('response.create')
    session.speak('This is a very long answer.', 20_000, { response_id: 'resp_long', finish: false })
    await until(() => on.call.heard.played_ms > 200)
    on.call.hangUp()
    await session.next('response.cancel')
    session.send({
      type: 'response.done',
      response: { id: 'resp_long', status: 'cancelled', output: [], usage: { input_tokens: 300, output_tokens: 90 } },
    })
    expect((await recordOf(on)).usage).toMatchObject({ responses: 1 })
  })

  it('[L13] the last words of the caller are written down although the line is closed', async () => {
    const on = await calling()
    const session = await on.model.session()
    await session.next('response.create')
    callerTurn(session, 'item_last', null)
    await thinking(on)
    on.call.hangUp()
    await on.call.ended
    await new Promise((resolve) => setTimeout(resolve, 300))
    session.send({
      type: 'conversation.item.input_audio_transcription.completed',
      item_id: 'item_last',
      content_index: 0,
      transcript: 'Then goodbye.',
    })
    const call = await recordOf(on)
    expect(call.transcript.at(-1)).toMatchObject({ speaker: 'caller', text: 'Then goodbye.' })
  })

  it('a caller whose words never come as text has spoken all the same: not abandoned', async () => {
    const on = await calling()
    const session = await on.model.session()
    await session.next('response.create')
    callerTurn(session, 'item_mute', null)
    await thinking(on)
    on.call.hangUp()
    expect(await recordOf(on)).toMatchObject({
      outcome: 'unresolved',
      transcript: expect.arrayContaining([expect.objectContaining({ speaker: 'caller', text: '(not transcribed)' })]),
    })
  })

  it('text of the agent without a sound is shown as unheard', async () => {
    const on = await calling()
    const session = await on.model.session()
    await session.next('response.create')
    session.send({ type: 'response.created', response: { id: 'resp_mute', status: 'in_progress', output: [] } })
    session.send({
      type: 'response.output_audio_transcript.done',
      response_id: 'resp_mute',
      item_id: 'item_mute',
      output_index: 0,
      content_index: 0,
      transcript: 'Nobody hears this.',
    })
    session.send({ type: 'response.done', response: { id: 'resp_mute', status: 'completed', output: [] } })
    const { turn } = await on.feed.next(
      'call.transcript',
      (event) => event.turn.kind === 'speech' && event.turn.is_final && event.turn.turn_id === 'item_mute',
    )
    expect(turn).toMatchObject({ text: '', unheard_text: 'Nobody hears this.', heard_ms: 0 })
  })

  it('[L3] a server that does not say when an item has all its audio: what was heard is not cut later', async () => {
    const on = await calling({ greets: false })
    const session = await on.model.session()
    await session.next('response.create')
    const item_id = session.speak('You were heard.', 400, { response_id: 'resp_terse', finish: false })
    session.send({ type: 'response.done', response: { id: 'resp_terse', status: 'completed', output: [] } })
    const { turn } = await on.feed.next(
      'call.transcript',
      (event) => event.turn.kind === 'speech' && event.turn.is_final && event.turn.turn_id === item_id,
    )
    expect(turn).toMatchObject({ text: 'You were heard.', unheard_text: '', cut_off_by: null })
    callerTurn(session, 'item_caller', 'Yes.')
    await on.feed.next('call.transcript', (event) => event.turn.kind === 'speech' && event.turn.text === 'Yes.')
    expect(session.received.filter((event) => event.type === 'conversation.item.truncate')).toEqual([])
  })
})

describe('a context the model does not take', () => {
  it('[L8] is refused with the reason, and the next change builds on what is in force', async () => {
    const on = await calling({
      onUpdate: (session, event) => {
        const isPoison = JSON.stringify(event).includes('poison')
        if (isPoison) refuse(session, event.event_id)
        return isPoison
      },
    })
    await (await on.model.session()).next('response.create')
    await on.dana.ok('overrideContext', { params: on.params, body: { context: { drink: 'poison' }, reason: 'a test' } })
    const refused = await on.feed.next('context.updated', ({ version }) => version.state === 'refused')
    expect(refused.version).toMatchObject({ version: 1, refused_reason: 'Not like this.' })
    const next = await on.dana.ok('overrideContext', { params: on.params, body: { context: { food: 'bread' } } })
    expect(next.context_data).toEqual({ food: 'bread' })
    await on.feed.next('context.updated', ({ version }) => version.state === 'applied' && version.version === 2)
  })
})

describe('a relay that stops under its callers', () => {
  it('the carrier is still answered, and says why', async () => {
    const on = await calling()
    await (await on.model.session()).next('response.create')
    await on.call.streaming
    await on.test.restart()
    const last = on.call.requests.find((request) => request.url.endsWith('/stream_ended'))
    expect(last?.body).toContain('end this call for technical reasons')
    const dana = await on.test.as('dana')
    expect(await recordOf({ ...on, dana })).toMatchObject({ end_reason: 'The relay ended the call.' })
  })

  it('an address that cannot even be dialled ends the call with a sentence, the relay goes on', async () => {
    const on = await calling(
      {},
      {},
      { openai: { api_key: 'a key\nwith a line break', base_url: 'http://127.0.0.1:9' } },
    )
    await on.call.ended
    expect(on.call.heard.text).toContain('technical problem')
    expect((await recordOf(on)).end_reason).toContain('The model cannot be reached')
  })
})

it('[L9] a session that is about to end: the goodbye is said and heard before', async () => {
  const model = await startModel({ api_key: 'a key', speech: createSpeech(), session_limit_ms: 66_000 })
  try {
    const on = await calling({}, {}, { openai: { api_key: 'a key', base_url: model.base_url } })
    await on.call.ended
    const { end_reason, transcript } = await recordOf(on)
    expect(end_reason).toBe('The call reached its maximum duration.')
    expect(transcript.flatMap((turn) => (turn.kind === 'speech' ? [turn.text] : [])).join(' ')).toMatch(/bye/i)
  } finally {
    await model.close()
  }
}, 30_000)
