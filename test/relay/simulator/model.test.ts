import OpenAI from 'openai'
import type { RealtimeClientEvent, RealtimeServerEvent } from 'openai/resources/realtime/realtime'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { WordReader } from '../../../relay/simulator/audio-words.ts'
import { type Model, type ModelOptions, startModel } from '../../../relay/simulator/model.ts'
import { createSpeech, type Speech } from '../../../relay/simulator/speech.ts'
import { telephoneSession } from './tiny-relay.ts'

const KEY = 'simulated'
const VOICE = { flite: 'kal', rate: 1.4 } as const
const CONTEXT = 'You help.\n\nContext (JSON):\n{"refund_policy":"30 days"}'

let speech: Speech
let model: Model
let client: Client
beforeAll(() => {
  speech = createSpeech()
})
afterAll(() => speech.close())
afterEach(async () => {
  client?.socket.terminate()
  await model?.close()
})

type Of<T extends RealtimeServerEvent['type']> = Extract<RealtimeServerEvent, { type: T }>

class Client {
  readonly socket: WebSocket
  readonly events: RealtimeServerEvent[] = []
  closed: { code: number; reason: string } | null = null
  constructor(url: string, headers: Record<string, string> = { Authorization: `Bearer ${KEY}` }) {
    this.socket = new WebSocket(url, { headers })
    this.socket.on('message', (data) => {
      const text = String(data)
      if (text.endsWith('}')) this.events.push(JSON.parse(text))
    })
    this.socket.on('close', (code, reason) => {
      this.closed = { code, reason: String(reason) }
    })
    this.socket.on('error', () => undefined)
  }
  send(event: RealtimeClientEvent | Record<string, unknown>): void {
    this.socket.send(JSON.stringify(event))
  }
  types(): string[] {
    return this.events.map((event) => event.type)
  }
  async until<T extends RealtimeServerEvent['type']>(type: T, count = 1): Promise<Of<T>> {
    for (;;) {
      const found = this.events.filter((event) => event.type === type)
      if (found.length >= count) return found[count - 1] as Of<T>
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
  }
  async untilClosed() {
    while (!this.closed) await new Promise((resolve) => setTimeout(resolve, 5))
    return this.closed
  }
  append(mulaw: Uint8Array): void {
    for (let at = 0; at < mulaw.length; at += 160)
      this.send({
        type: 'input_audio_buffer.append',
        audio: Buffer.from(mulaw.subarray(at, at + 160)).toString('base64'),
      })
  }
  async speak(text: string, silence_ms = 700): Promise<void> {
    this.append((await speech.render(text, VOICE)).mulaw)
    this.append(Buffer.alloc(silence_ms * 8, 0xff))
  }
  /** The error that this event is answered with. */
  async refusal(event: Record<string, unknown>) {
    const before = this.events.filter((seen) => seen.type === 'error').length
    this.send(event)
    return (await this.until('error', before + 1)).error
  }
}

const url = (name = 'gpt-realtime-2.1') => `${model.base_url.replace('http', 'ws')}/realtime?model=${name}`

async function start(options: Partial<ModelOptions> = {}, name?: string): Promise<void> {
  model = await startModel({ api_key: KEY, speech, ...options })
  client = new Client(url(name))
}

async function startCall(options: Partial<ModelOptions> = {}, instructions = CONTEXT): Promise<void> {
  await start(options)
  await client.until('session.created')
  client.send({
    type: 'session.update',
    event_id: 'su_1',
    session: { type: 'realtime', ...telephoneSession(instructions) },
  })
  await client.until('session.updated')
}

const update = (session: Record<string, unknown>) => ({
  type: 'session.update',
  session: { type: 'realtime', ...session },
})
const words = (events: RealtimeServerEvent[]): string => {
  const heard: string[] = []
  const reader = new WordReader((read) => heard.push(read.word))
  for (const event of events)
    if (event.type === 'response.output_audio.delta') reader.push(Buffer.from(event.delta, 'base64'))
  return heard.join(' ')
}

describe('handshake', () => {
  it('wants the key, a model it has, and the right path', async () => {
    await start()
    for (const [address, headers, status] of [
      [url(), { Authorization: 'Bearer wrong' }, 401],
      [url('gpt-nonsense'), { Authorization: `Bearer ${KEY}` }, 404],
      [url(''), { Authorization: `Bearer ${KEY}` }, 400],
    ] as const) {
      const socket = new WebSocket(address, { headers })
      const got = await new Promise((resolve) =>
        socket
          .on('unexpected-response', (_request, response) => resolve(response.statusCode))
          .on('error', () => undefined),
      )
      expect(got).toBe(status)
    }
  })
  it('refuses with 429 or 503 as often as told', async () => {
    await start({ faults: { refuse_status: 429, refuse_count: 1 } })
    expect((await client.untilClosed()).code).toBe(1006)
    client = new Client(url())
    await client.until('session.created')
  })
  it('lets the retired beta header in and shows it out', async () => {
    await start()
    client = new Client(url(), { Authorization: `Bearer ${KEY}`, 'OpenAI-Beta': 'realtime=v1' })
    expect((await client.until('error')).error.code).toBe('beta_api_shape_disabled')
    expect((await client.untilClosed()).code).toBe(4000)
  })
  it('lists its models to the official client', async () => {
    await start()
    const models = await new OpenAI({ apiKey: KEY, baseURL: model.base_url }).models.list()
    expect(models.data.map((entry) => entry.id)).toContain('gpt-realtime-2.1')
    await expect(
      new OpenAI({ apiKey: 'wrong', baseURL: model.base_url, maxRetries: 0 }).models.list(),
    ).rejects.toMatchObject({ status: 401 })
  })
})

describe('session', () => {
  it('is created first, with the defaults of the real server', async () => {
    await start()
    const { session } = await client.until('session.created')
    expect(client.types()[0]).toBe('session.created')
    expect(session).toMatchObject({
      type: 'realtime',
      object: 'realtime.session',
      model: 'gpt-realtime-2.1',
      output_modalities: ['audio'],
      audio: {
        input: {
          format: { type: 'audio/pcm', rate: 24000 },
          transcription: null,
          turn_detection: { type: 'server_vad', create_response: true, interrupt_response: true },
        },
        output: { format: { type: 'audio/pcm', rate: 24000 }, voice: 'alloy', speed: 1 },
      },
    })
  })
  it('answers an update with the whole session and without our event_id; only fields present change', async () => {
    await startCall()
    const first = client.events.find((event) => event.type === 'session.updated')!
    expect(first.event_id).not.toBe('su_1')
    client.send(update({ instructions: 'New.' }))
    const { session } = await client.until('session.updated', 2)
    expect(session).toMatchObject({
      instructions: 'New.',
      audio: { input: { format: { type: 'audio/pcmu' } }, output: { voice: 'coral' } },
    })
    client.send(
      update({
        instructions: '',
        tools: [],
        audio: { input: { turn_detection: null, transcription: null } },
      }),
    )
    expect((await client.until('session.updated', 3)).session).toMatchObject({
      instructions: '',
      tools: [],
      audio: { input: { turn_detection: null, transcription: null } },
    })
  })
  it.each([
    [update({ temperature: 0.8 }), 'unknown_parameter', 'session.temperature'],
    [
      update({ audio: { input: { turn_detection: { type: 'server_vad', foo: 1 } } } }),
      'unknown_parameter',
      'session.audio.input.turn_detection.foo',
    ],
    [{ type: 'session.update', session: { instructions: 'x' } }, 'missing_required_parameter', 'session.type'],
    [update({ audio: { output: { voice: 'onyx' } } }), 'invalid_value', 'session.audio.output.voice'],
    [update({ output_modalities: ['audio', 'text'] }), undefined, undefined],
    [update({ max_output_tokens: 5_000 }), 'integer_above_max_value', 'session.max_output_tokens'],
    [update({ audio: { output: { speed: 2 } } }), undefined, 'session.audio.output.speed'],
    [{ type: 'nonsense' }, 'invalid_value', 'type'],
    [{ session: {} }, 'missing_required_parameter', 'type'],
    [{ type: 'input_audio_buffer.append', audio: 'AAAA', extra: 1 }, 'unknown_parameter', 'extra'],
    [{ type: 'response.create', response: { temperature: 1 } }, 'unknown_parameter', 'response.temperature'],
    [{ type: 'response.create', response: { modalities: ['text'] } }, 'unknown_parameter', 'response.modalities'],
    [{ type: 'response.cancel' }, 'response_cancel_not_active', undefined],
    [{ type: 'input_audio_buffer.commit' }, 'input_audio_buffer_commit_empty', undefined],
    [{ type: 'conversation.item.delete', item_id: 'x' }, 'item_delete_invalid_item_id', 'item_id'],
    [{ type: 'conversation.item.retrieve', item_id: 'x' }, 'item_retrieve_invalid_item_id', 'item_id'],
    [
      { type: 'conversation.item.truncate', item_id: 'x', content_index: 0, audio_end_ms: 1 },
      'item_truncate_invalid_item_id',
      'item_id',
    ],
    [
      { type: 'conversation.item.create', item: { type: 'function_call_output', call_id: 'x', output: '' } },
      'invalid_tool_call_id',
      'item.call_id',
    ],
    [
      {
        type: 'conversation.item.create',
        item: { type: 'message', role: 'assistant', content: [{ type: 'output_audio', audio: '' }] },
      },
      'invalid_value',
      'item.content[0].type',
    ],
    [
      {
        type: 'conversation.item.create',
        item: { id: 'i'.repeat(33), type: 'message', role: 'user', content: [] },
      },
      'string_above_max_length',
      'item.id',
    ],
  ])('refuses %j', async (event, code, param) => {
    await start()
    await client.until('session.created')
    const error = await client.refusal({ ...event, event_id: 'mine' })
    expect(error).toMatchObject({ type: 'invalid_request_error', event_id: 'mine' })
    if (code) expect(error.code).toBe(code)
    if (param) expect(error.param).toBe(param)
  })
  it('takes `reasoning` on reasoning models only', async () => {
    await start({}, 'gpt-realtime-1.5')
    await client.until('session.created')
    expect(await client.refusal(update({ reasoning: { effort: 'low' } }))).toMatchObject({
      param: 'session.reasoning',
    })
    client = new Client(url('gpt-realtime-2.1'))
    await client.until('session.created')
    client.send(update({ reasoning: { effort: 'low' } }))
    await client.until('session.updated')
  })
  it('rejects an update as a whole when it changes the voice after audio', async () => {
    await startCall({ faults: { response_delay_ms: 0 } })
    client.send({ type: 'response.create' })
    await client.until('response.done')
    expect(
      await client.refusal(update({ instructions: 'Lost.', audio: { output: { voice: 'cedar' } } })),
    ).toMatchObject({ code: 'cannot_update_voice' })
    client.send(update({ audio: { output: { voice: 'coral' } } }))
    expect((await client.until('session.updated', 2)).session).toMatchObject({ instructions: CONTEXT })
  })
  it('expires with an error and 1001', async () => {
    await start({ session_limit_ms: 150 })
    expect((await client.until('error')).error.code).toBe('session_expired')
    expect((await client.untilClosed()).code).toBe(1001)
  })
  it('breaks with 1006 on demand', async () => {
    await start({ faults: { drop_after_ms: 50 } })
    expect((await client.untilClosed()).code).toBe(1006)
  })
})

describe('a spoken turn', () => {
  it('has its events in the order of section D.6, audio with its words, transcription after the response began', async () => {
    await startCall()
    const from = client.events.length
    const started = performance.now()
    await client.speak('What is your refund policy?')
    await client.until('rate_limits.updated')
    await client.until('conversation.item.input_audio_transcription.completed')
    const turn = client.events.slice(from)
    const order = turn.map((event) => event.type).filter((type) => !/delta|transcription/.test(type))
    expect(order).toEqual([
      'input_audio_buffer.speech_started',
      'input_audio_buffer.speech_stopped',
      'input_audio_buffer.committed',
      'conversation.item.added',
      'conversation.item.done',
      'response.created',
      'response.output_item.added',
      'conversation.item.added',
      'response.content_part.added',
      'response.output_audio.done',
      'response.output_audio_transcript.done',
      'response.content_part.done',
      'response.output_item.done',
      'conversation.item.done',
      'response.done',
      'rate_limits.updated',
    ])
    const types = turn.map((event) => event.type)
    expect(types.indexOf('conversation.item.input_audio_transcription.completed')).toBeGreaterThan(
      types.indexOf('response.created'),
    )
    const transcription = await client.until('conversation.item.input_audio_transcription.completed')
    const begun = await client.until('input_audio_buffer.speech_started')
    expect(transcription).toMatchObject({
      transcript: 'What is your refund policy?',
      item_id: begun.item_id,
      usage: { type: 'duration' },
    })
    const said = await client.until('response.output_audio_transcript.done')
    expect(said.transcript).toContain('The refund policy is 30 days.')
    expect(words(turn)).toBe(said.transcript)
    const deltas = turn.filter((event) => event.type === 'response.output_audio.delta')
    expect(Buffer.from(deltas[0]!.delta, 'base64').length).toBe(1_600)
    const played_ms = deltas.length * 200
    expect(performance.now() - started).toBeLessThan(350 + played_ms)
    const { response } = await client.until('response.done')
    expect(response).toMatchObject({
      status: 'completed',
      output_modalities: ['audio'],
      usage: { input_token_details: { cached_tokens_details: {} } },
    })
  })
  it('answers otherwise after session.update changed the context', async () => {
    await startCall({ faults: { response_delay_ms: 0 } })
    client.send(update({ instructions: CONTEXT.replace('30', '60') }))
    await client.until('session.updated', 2)
    await client.speak('What is your refund policy?')
    expect((await client.until('response.output_audio_transcript.done')).transcript).toContain('60 days')
  })
  it('grows its usage and finds the unchanged prefix cached', async () => {
    await startCall({ faults: { response_delay_ms: 0 } }, `${CONTEXT}\n${'Be kind to every caller. '.repeat(40)}`)
    client.send({ type: 'response.create' })
    await client.until('response.done')
    await client.speak('What is your refund policy?')
    const first = (await client.until('response.done')).response.usage!
    const second = (await client.until('response.done', 2)).response.usage!
    expect(first.input_token_details!.cached_tokens).toBe(0)
    expect(second.input_tokens).toBeGreaterThan(first.input_tokens!)
    expect(second.input_token_details!.cached_tokens).toBeGreaterThan(200)
    expect(second.input_token_details!.cached_tokens! % 64).toBe(0)
  })
  it('is cancelled by speech, keeps sending late deltas on demand, and ends every part', async () => {
    await startCall({ audio_pace: 1, faults: { late_deltas: 2 } })
    client.send({
      type: 'response.create',
      response: {
        instructions: `Say exactly: "${'This is a long sentence that goes on. '.repeat(4).trim()}"`,
      },
    })
    await client.until('response.output_audio.delta', 3)
    await client.speak('Stop, wait.')
    const { response } = await client.until('response.done')
    expect(response).toMatchObject({
      status: 'cancelled',
      status_details: { type: 'cancelled', reason: 'turn_detected' },
      output: [{ status: 'incomplete' }],
    })
    const types = client.types()
    const end = types.indexOf('response.done')
    for (const type of [
      'response.output_audio.done',
      'response.output_audio_transcript.done',
      'response.content_part.done',
      'response.output_item.done',
    ])
      expect(types.indexOf(type)).toBeLessThan(end)
    expect(types.slice(end, end + 4)).toContain('response.output_audio.delta')
  })
  it('is only listened to when responses and interruptions are off', async () => {
    await startCall()
    client.send(
      update({
        audio: {
          input: {
            turn_detection: { type: 'server_vad', create_response: false, interrupt_response: false },
          },
        },
      }),
    )
    await client.until('session.updated', 2)
    await client.speak('Hello there.')
    await client.until('conversation.item.input_audio_transcription.completed')
    expect(client.types()).not.toContain('response.created')
  })
  it('waits for the end of a sentence with semantic_vad', async () => {
    await startCall()
    client.send(update({ audio: { input: { turn_detection: { type: 'semantic_vad', eagerness: 'high' } } } }))
    await client.until('session.updated', 2)
    await client.speak('I wanted to', 1_500)
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect(client.types()).not.toContain('input_audio_buffer.speech_stopped')
    await client.speak('ask something.', 500)
    await client.until('input_audio_buffer.speech_stopped')
  })
  it('is committed by hand without turn detection, which makes no response', async () => {
    await startCall()
    client.send(update({ audio: { input: { turn_detection: null } } }))
    await client.until('session.updated', 2)
    await client.speak('Hello there.')
    client.send({ type: 'input_audio_buffer.commit' })
    await client.until('input_audio_buffer.committed')
    expect(client.types()).not.toContain('response.created')
    expect(client.types()).not.toContain('input_audio_buffer.speech_started')
  })
  it('asks after a long silence', async () => {
    await startCall({ faults: { response_delay_ms: 0 }, audio_pace: 20 })
    client.send(update({ audio: { input: { turn_detection: { type: 'server_vad', idle_timeout_ms: 100 } } } }))
    client.send({ type: 'response.create', response: { instructions: 'Say exactly: "Hi."' } })
    await client.until('response.done')
    const silence = setInterval(() => client.append(Buffer.alloc(160, 0xff)), 20)
    await client.until('input_audio_buffer.timeout_triggered')
    expect((await client.until('response.done', 2)).response.status).toBe('completed')
    clearInterval(silence)
  })
  it('notes speech it cannot read, and hears 24 kHz audio too', async () => {
    await start()
    await client.until('session.created')
    client.send(update({ audio: { input: { transcription: { model: 'gpt-4o-mini-transcribe' } } } }))
    const samples = Buffer.alloc(24_000 * 2 * 2)
    for (let i = 0; i < 24_000; i++)
      samples.writeInt16LE(Math.round(8_000 * Math.sin((2 * Math.PI * 300 * i) / 24_000)), i * 2)
    client.send({ type: 'input_audio_buffer.append', audio: samples.toString('base64') })
    const { transcript, usage } = await client.until('conversation.item.input_audio_transcription.completed')
    expect(transcript).toMatch(/^\(speech, \d\.\d s\)$/)
    expect(usage).toMatchObject({ type: 'tokens' })
    const delta = await client.until('response.output_audio.delta')
    expect(Buffer.from(delta.delta, 'base64').length).toBe(24_000 * 2 * 0.2)
  })
})

describe('conversation', () => {
  it('adds items where told, by our id, and deletes and retrieves them', async () => {
    await startCall()
    const item = (id: string, text: string) => ({
      id,
      type: 'message' as const,
      role: 'user' as const,
      content: [{ type: 'input_text' as const, text }],
    })
    client.send({ type: 'conversation.item.create', item: item('a', 'one') })
    client.send({ type: 'conversation.item.create', item: item('b', 'two') })
    client.send({ type: 'conversation.item.create', previous_item_id: 'a', item: item('c', 'three') })
    client.send({ type: 'conversation.item.create', previous_item_id: 'root', item: item('d', 'four') })
    await client.until('conversation.item.done', 4)
    const added = client.events.filter((event) => event.type === 'conversation.item.added')
    expect(added.map((event) => event.previous_item_id)).toEqual([null, 'a', 'a', null])
    client.send({ type: 'conversation.item.delete', item_id: 'a' })
    expect(await client.until('conversation.item.deleted')).toMatchObject({ item_id: 'a' })
    client.send({ type: 'conversation.item.retrieve', item_id: 'b' })
    expect((await client.until('conversation.item.retrieved')).item).toMatchObject({ id: 'b' })
    expect(
      await client.refusal({
        type: 'conversation.item.create',
        previous_item_id: 'zz',
        item: item('e', 'x'),
      }),
    ).toMatchObject({ param: 'previous_item_id' })
  })
  it('truncates to the heard millisecond, never beyond the audio, and forgets the transcript', async () => {
    await startCall({ faults: { response_delay_ms: 0 } })
    client.send({
      type: 'response.create',
      response: { instructions: 'Say exactly: "One two three four five."' },
    })
    const { response } = await client.until('response.done')
    const item_id = response.output![0]!.id!
    const deltas = client.events.filter((event) => event.type === 'response.output_audio.delta')
    const duration_ms = deltas.reduce((sum, event) => sum + Buffer.from(event.delta, 'base64').length / 8, 0)
    const truncate = (audio_end_ms: number) => ({
      type: 'conversation.item.truncate' as const,
      item_id,
      content_index: 0,
      audio_end_ms,
    })
    expect((await client.refusal(truncate(duration_ms + 1))).message).toContain('is already shorter than')
    client.send(truncate(500))
    expect(await client.until('conversation.item.truncated')).toMatchObject({ audio_end_ms: 500 })
    client.send({ type: 'conversation.item.retrieve', item_id })
    expect(JSON.stringify((await client.until('conversation.item.retrieved')).item)).not.toContain('transcript')
    expect((await client.refusal(truncate(501))).code).toBe('invalid_value')
  })
})

describe('responses', () => {
  it('come one at a time; out of band ones beside', async () => {
    await startCall()
    client.send({ type: 'response.create' })
    expect(await client.refusal({ type: 'response.create' })).toMatchObject({
      code: 'conversation_already_has_active_response',
    })
    client.send({
      type: 'response.create',
      response: {
        conversation: 'none',
        output_modalities: ['text'],
        metadata: { kind: 'summary' },
        instructions: 'Summarise in JSON: outcome, summary.',
      },
    })
    await client.until('response.done', 2)
    const done = client.events.filter((event) => event.type === 'response.done').map((event) => event.response)
    const side = done.find((response) => response.metadata)!
    expect(side).toMatchObject({
      conversation_id: null,
      metadata: { kind: 'summary' },
      output_modalities: ['text'],
    })
    expect(client.types()).toContain('response.output_text.delta')
  })
  it('are cancelled by the client', async () => {
    await startCall()
    client.send({ type: 'response.create' })
    const { response } = await client.until('response.created')
    client.send({ type: 'response.cancel', response_id: response.id })
    expect((await client.until('response.done')).response).toMatchObject({
      status: 'cancelled',
      status_details: { reason: 'client_cancelled' },
    })
  })
  it('call tools in split arguments that their schema accepts, and go on with the result', async () => {
    await startCall({ faults: { response_delay_ms: 0 } })
    await client.speak('I want to talk to a real person.')
    const call = await client.until('response.function_call_arguments.done')
    const deltas = client.events.filter((event) => event.type === 'response.function_call_arguments.delta')
    expect(deltas.length).toBeGreaterThan(2)
    expect(deltas.map((event) => event.delta).join('')).toBe(call.arguments)
    expect(JSON.parse(call.arguments)).toEqual({
      reason: 'I want to talk to a real person.',
      urgency: 'normal',
    })
    const { response } = await client.until('response.done')
    expect(response.output!.map((item) => item.type)).toEqual(['message', 'function_call'])
    client.send({
      type: 'conversation.item.create',
      item: { type: 'function_call_output', call_id: call.call_id, output: '{"status":"ok"}' },
    })
    client.send({ type: 'response.create' })
    expect((await client.until('response.output_audio_transcript.done', 2)).transcript).toContain('colleague')
  })
  it('stop at max_output_tokens as incomplete', async () => {
    await startCall({ faults: { response_delay_ms: 0 } })
    client.send({
      type: 'response.create',
      response: {
        max_output_tokens: 12,
        instructions: 'Say exactly: "One two three four five six seven eight nine."',
      },
    })
    expect((await client.until('response.done')).response).toMatchObject({
      status: 'incomplete',
      status_details: { reason: 'max_output_tokens' },
    })
  })
  it('fail, stay text, garble their tools and lack transcription on demand', async () => {
    await startCall({
      audio_pace: 20,
      faults: { response_delay_ms: 0, fail_responses: 'rate_limit_exceeded', fail_responses_count: 1 },
    })
    client.send({ type: 'response.create' })
    expect((await client.until('response.done')).response).toMatchObject({
      status: 'failed',
      status_details: { type: 'failed', error: { code: 'rate_limit_exceeded' } },
    })
    client.send({ type: 'response.create' })
    expect((await client.until('response.done', 2)).response.status).toBe('completed')
    model.faults.set({
      text_only_responses: 1,
      response_delay_ms: 0,
      malformed_tool_arguments: true,
      transcription_fails: true,
    })
    client.send({ type: 'response.create' })
    expect((await client.until('response.done', 3)).response.output_modalities).toEqual(['text'])
    await client.speak('Give me a manager.')
    await client.until('conversation.item.input_audio_transcription.failed')
    const { arguments: text } = await client.until('response.function_call_arguments.done')
    expect(() => JSON.parse(text)).toThrow()
  })
})

describe('profiles of compatible servers', () => {
  it('leave acknowledgements out, or use the old names, or take PCM only', async () => {
    await startCall({ profile: 'no_acks', faults: { response_delay_ms: 0 } })
    client.send({ type: 'response.create' })
    await client.until('response.done')
    expect(client.types().join()).not.toMatch(/conversation\.item\.|rate_limits/)
    await model.close()
    await startCall({ profile: 'beta_names', faults: { response_delay_ms: 0 } })
    client.send({ type: 'response.create' })
    await client.until('response.done')
    expect(client.types()).toContain('response.audio.delta')
    expect(client.types()).toContain('conversation.item.created')
    await model.close()
    await start({ profile: 'pcm_only' })
    await client.until('session.created')
    expect(await client.refusal(update({ audio: { input: { format: { type: 'audio/pcmu' } } } }))).toMatchObject({
      code: 'invalid_value',
    })
  })
})
