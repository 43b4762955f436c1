// What the model says besides sound: the documented events of a spoken turn, with names as long as the real ones.
// Source: OpenAI Realtime server events.

const TAIL = 21
let count = 0

/** `resp_` and the like, each once in a process. */
export const newName = (kind: 'event' | 'resp' | 'item' | 'sess'): string =>
  `${kind}_${(++count).toString(36).padStart(TAIL, 'A')}`

export interface Answer {
  response_id: string
  item_id: string
  /** Pieces of sound so far. */
  pieces: number
}

const event = (type: string, fields: object): string => JSON.stringify({ type, event_id: newName('event'), ...fields })
const at = ({ response_id, item_id }: Answer) => ({ response_id, item_id, output_index: 0, content_index: 0 })
const WORDS = ['Thank', ' you', ' for', ' waiting,', ' I', ' have', ' found', ' your', ' order', ' now.']
const SENTENCE = WORDS.join('')
const QUESTION = 'Can you tell me when it will arrive?'

const responseOf = (answer: Answer, status: string, more: object) => ({
  object: 'realtime.response',
  id: answer.response_id,
  status,
  status_details: null,
  output: [],
  conversation_id: 'conv_AAAAAAAAAAAAAAAAAAAAA',
  output_modalities: ['audio'],
  max_output_tokens: 'inf',
  audio: { output: { format: { type: 'audio/pcmu' }, voice: 'marin' } },
  usage: null,
  metadata: null,
  ...more,
})
const USAGE = {
  total_tokens: 420,
  input_tokens: 330,
  output_tokens: 90,
  input_token_details: {
    text_tokens: 200,
    audio_tokens: 130,
    image_tokens: 0,
    cached_tokens: 128,
    cached_tokens_details: { text_tokens: 128, audio_tokens: 0, image_tokens: 0 },
  },
  output_token_details: { text_tokens: 10, audio_tokens: 80 },
}
const itemOf = (answer: Answer, status: string, content: object[]) => ({
  id: answer.item_id,
  object: 'realtime.item',
  type: 'message',
  status,
  role: 'assistant',
  content,
})

export const sessionEvent = (type: 'session.created' | 'session.updated', session: object): string =>
  event(type, { session })

export function answerBegins(answer: Answer): string[] {
  const item = itemOf(answer, 'in_progress', [])
  return [
    event('response.created', { response: responseOf(answer, 'in_progress', {}) }),
    event('response.output_item.added', { response_id: answer.response_id, output_index: 0, item }),
    event('conversation.item.added', { previous_item_id: null, item }),
    event('response.content_part.added', { ...at(answer), part: { type: 'audio', transcript: '' } }),
  ]
}

/** A word with every other piece of sound. */
export const wordOf = (answer: Answer): string | null =>
  answer.pieces % 2 === 0
    ? event('response.output_audio_transcript.delta', {
        ...at(answer),
        delta: WORDS[(answer.pieces / 2) % WORDS.length],
      })
    : null

/** @param how `cancelled`: the caller spoke into it */
export function answerEnds(answer: Answer, how: 'completed' | 'cancelled'): string[] {
  const content = { type: 'output_audio', transcript: SENTENCE }
  const item = itemOf(answer, how === 'completed' ? 'completed' : 'incomplete', [content])
  const status_details = how === 'completed' ? null : { type: 'cancelled', reason: 'turn_detected' }
  return [
    event('response.output_audio.done', at(answer)),
    event('response.output_audio_transcript.done', { ...at(answer), transcript: SENTENCE }),
    event('response.content_part.done', { ...at(answer), part: { type: 'audio', transcript: SENTENCE } }),
    event('response.output_item.done', { response_id: answer.response_id, output_index: 0, item }),
    event('conversation.item.done', { previous_item_id: null, item }),
    event('response.done', { response: responseOf(answer, how, { status_details, output: [item], usage: USAGE }) }),
    event('rate_limits.updated', {
      rate_limits: [
        { name: 'requests', limit: 20_000, remaining: 19_000, reset_seconds: 0.1 },
        { name: 'tokens', limit: 15_000_000, remaining: 14_900_000, reset_seconds: 0.1 },
      ],
    }),
  ]
}

export const speechStarted = (item_id: string, audio_start_ms: number): string =>
  event('input_audio_buffer.speech_started', { audio_start_ms, item_id })

export function speechStopped(item_id: string, audio_end_ms: number): string[] {
  const content = [{ type: 'input_audio', transcript: null }]
  const item = { id: item_id, object: 'realtime.item', type: 'message', status: 'completed', role: 'user', content }
  return [
    event('input_audio_buffer.speech_stopped', { audio_end_ms, item_id }),
    event('input_audio_buffer.committed', { item_id, previous_item_id: null }),
    event('conversation.item.added', { previous_item_id: null, item }),
    event('conversation.item.done', { previous_item_id: null, item }),
  ]
}

export const speechWritten = (item_id: string): string[] => [
  event('conversation.item.input_audio_transcription.delta', { item_id, content_index: 0, delta: QUESTION }),
  event('conversation.item.input_audio_transcription.completed', {
    item_id,
    content_index: 0,
    transcript: QUESTION,
    usage: { type: 'duration', seconds: 3 },
  }),
]

export const truncated = (item_id: unknown, audio_end_ms: unknown): string =>
  event('conversation.item.truncated', { item_id, content_index: 0, audio_end_ms })

export const alreadyActive = (event_id: string | null): string =>
  event('error', {
    error: {
      type: 'invalid_request_error',
      code: 'conversation_already_has_active_response',
      message: 'Conversation already has an active response.',
      param: null,
      event_id,
    },
  })

/** The event of sound up to its sound, and after it. */
export const soundHead = (answer: Answer): string =>
  `{"type":"response.output_audio.delta","event_id":"${newName('event')}","response_id":"${answer.response_id}",` +
  `"item_id":"${answer.item_id}","output_index":0,"content_index":0,"delta":"`
export const SOUND_TAIL = '"}'
