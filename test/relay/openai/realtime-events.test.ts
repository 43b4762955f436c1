import { describe, expect, it } from 'vitest'
import { rateLimit, translate } from '../../../relay/openai/realtime-events.ts'
import { realtimeUrl } from '../../../relay/openai/realtime-session.ts'
import { realtimeVoices } from '../../../relay/openai/voices.ts'
import { VOICES } from '../../../shared/contract/agents.ts'

const PADDING = { prefix_padding_ms: 300, silence_duration_ms: 500 }
const read = (event: Record<string, unknown> & { type: string }) => translate(event, PADDING)

describe('the model’s events in our words', () => {
  it('times of a turn are those of the voice: what detection adds is taken off', () => {
    expect(read({ type: 'input_audio_buffer.speech_started', item_id: 'i', audio_start_ms: 1_000 })).toEqual({
      type: 'speech_started',
      item_id: 'i',
      audio_start_ms: 1_300,
    })
    expect(read({ type: 'input_audio_buffer.speech_stopped', item_id: 'i', audio_end_ms: 3_000 })).toEqual({
      type: 'speech_stopped',
      item_id: 'i',
      audio_end_ms: 2_500,
    })
    expect(read({ type: 'input_audio_buffer.speech_stopped', item_id: 'i', audio_end_ms: 100 })).toMatchObject({
      audio_end_ms: 0,
    })
  })
  it('old names of events are understood beside the new ones', () => {
    const delta = { response_id: 'r', item_id: 'i', delta: 'Hello' }
    expect(read({ type: 'response.audio_transcript.delta', ...delta })).toEqual(
      read({ type: 'response.output_audio_transcript.delta', ...delta }),
    )
  })
  it('a done response keeps its completed tool calls, its usage and why it failed', () => {
    expect(
      read({
        type: 'response.done',
        response: {
          id: 'r',
          status: 'failed',
          status_details: { error: { code: 'insufficient_quota', message: 'No credit.' } },
          output: [
            { type: 'function_call', call_id: 'c', name: 'end_call', arguments: '{' },
            { type: 'function_call', call_id: 'd', name: 'x', status: 'incomplete' },
            { type: 'message' },
          ],
          usage: { input_tokens: 'many' },
        },
      }),
    ).toEqual({
      type: 'response_done',
      response_id: 'r',
      status: 'failed',
      reason: 'No credit.',
      limit: null,
      tool_calls: [{ tool_call_id: 'c', name: 'end_call', arguments_json: '{' }],
      usage: { input_tokens: undefined },
    })
  })
  it('a null in an item of a response takes nothing from the others', () => {
    const output = [
      { type: 'message', call_id: null, name: null, arguments: null, status: null },
      { type: 'function_call', call_id: 'c', name: 'end_call', arguments: null },
    ]
    expect(read({ type: 'response.done', response: { id: 'r', status: 'completed', output } })).toMatchObject({
      tool_calls: [{ tool_call_id: 'c', name: 'end_call', arguments_json: '' }],
    })
  })
  it.each([
    ['Rate limit reached. Please try again in 1.2s.', 1_200],
    ['Please try again in 340ms. Visit the page of limits.', 340],
    ['Please try again in 6m0s.', 360_000],
    ['Please try again in 1m12.5s.', 72_500],
    ['Too many requests.', null],
    [null, null],
  ])('a model that has too much to do says when to ask again: %s', (message, again_after_ms) => {
    expect(rateLimit('rate_limit_exceeded', message)).toEqual({ again_after_ms })
    expect(rateLimit('server_error', message)).toBeNull()
  })
  it('unknown events concern no one, known ones that lack a field are malformed', () => {
    expect(read({ type: 'response.surprise', field: 1 })).toBeNull()
    expect(() => read({ type: 'response.created' })).toThrow()
  })
  it('the address of a session keeps the base path and turns to the socket’s scheme', () => {
    expect(realtimeUrl('https://api.openai.com/v1', 'gpt-realtime-2.1')).toBe(
      'wss://api.openai.com/v1/realtime?model=gpt-realtime-2.1',
    )
    expect(realtimeUrl('http://127.0.0.1:9/v1/', 'm')).toBe('ws://127.0.0.1:9/v1/realtime?model=m')
  })
  it('every voice of the product has a realtime voice, the six of its own six different ones', () => {
    const realtime = ['alloy', 'ash', 'ballad', 'coral', 'echo', 'sage', 'shimmer', 'verse', 'marin', 'cedar']
    for (const voice of VOICES) expect(realtime).toEqual(expect.arrayContaining(realtimeVoices(voice)))
    for (const voice of VOICES) expect(realtimeVoices(voice).at(-1)).toBe('alloy')
    expect(new Set(VOICES.slice(0, 6).map((voice) => realtimeVoices(voice)[0])).size).toBe(6)
  })
})
