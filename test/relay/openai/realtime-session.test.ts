// A session before it has begun: what passes is tried again, what does not is said in the model's words.
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { FramedListener } from '../../../relay/framing/framed.ts'
import type { Wire } from '../../../relay/framing/wire.ts'
import type { RealtimeEvent, RealtimeListener } from '../../../relay/live/live-ports.ts'
import { openaiRealtime } from '../../../relay/openai/realtime-session.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

function opened() {
  const connections: FramedListener[] = []
  const sent: string[] = []
  const wire: Pick<Wire, 'open'> = {
    open(_target, listener) {
      connections.push(listener)
      return {
        isOpen: true,
        bufferedBytes: 0,
        sendText: (text) => void sent.push(String(text)),
        sendBinary() {},
        sendHot() {},
        ping() {},
        close() {},
        terminate() {},
      }
    },
  }
  const events: RealtimeEvent[] = []
  let signs = 0
  const malformed: string[] = []
  let timed = 0
  const listener: RealtimeListener = {
    onAgentAudio: (response_id) => response_id !== 'cut',
    onDelay: () => void timed++,
    onEvent: (event) => void events.push(event),
    onSign: () => void signs++,
    onMalformed: (what) => void malformed.push(what),
    onBroken: (error) => {
      throw error
    },
  }
  const config = { base_url: 'http://127.0.0.1:9/v1', api_key: 'k', model: 'm', transcription_models: [] }
  const session = openaiRealtime(config, wire as Wire)(
    () => ({ instructions: 'Be kind.', voices: ['alloy'], tools: [] }),
    listener,
  )
  const say = (message: object): void => connections.at(-1)!.onText(Buffer.from(JSON.stringify(message)))
  return { session, connections, sent, events, malformed, say, signs: () => signs, timed: () => timed }
}

it.each([1_001, 1_005, 1_006, 1_011, 1_012, 1_013])(
  'is opened again after a close with %d, until it has begun',
  (code) => {
    const { session, connections, sent, events, say } = opened()
    say({ type: 'session.created' })
    connections[0]!.onClose(code, 'try again')
    expect([connections.length, events]).toEqual([1, []])
    vi.advanceTimersByTime(200)
    say({ type: 'session.created' })
    say({ type: 'session.updated', session: {} })
    expect([connections.length, sent.length, events.map(({ type }) => type)]).toEqual([2, 2, ['session_ready']])
    connections[1]!.onClose(code, 'gone')
    vi.advanceTimersByTime(10_000)
    expect(connections.length).toBe(2)
    expect(events.at(-1)).toEqual({ type: 'session_lost', reason: `The model closed the connection (${code}, gone).` })
    session.close()
  },
)

it('is not opened again for ever', () => {
  const { connections, events } = opened()
  for (let i = 0; i < 6; i++) {
    connections.at(-1)!.onClose(1_013, 'busy')
    vi.advanceTimersByTime(2_000)
  }
  expect(connections.length).toBe(5)
  expect(events).toEqual([{ type: 'session_failed', reason: 'The model closed the connection (1013, busy).' }])
})

it('is refused in the words that the model said before it closed', () => {
  const { connections, events, say } = opened()
  say({ type: 'error', error: { code: 'insufficient_quota', message: 'You exceeded your current quota.' } })
  connections[0]!.onClose(1_000, '')
  vi.advanceTimersByTime(5_000)
  expect(connections.length).toBe(1)
  expect(events).toEqual([
    { type: 'session_failed', reason: 'The model refused the session: You exceeded your current quota.' },
  ])
})

it('a message that concerns no one is a sign of life', () => {
  const { session, say, signs, events } = opened()
  say({ type: 'session.created' })
  say({ type: 'session.updated', session: {} })
  say({ type: 'response.function_call_arguments.delta', delta: '{"out' })
  expect([signs(), events.length]).toEqual([1, 1])
  session.close()
})

it('says when it ends by itself, of the connection that it has', () => {
  const { session, connections, events, say } = opened()
  say({ type: 'session.created', session: { expires_at: 1_900_000_000 } })
  connections[0]!.onClose(1_013, 'busy')
  vi.advanceTimersByTime(200)
  say({ type: 'session.created', session: { expires_at: 1_900_000_060 } })
  say({ type: 'session.updated', session: {} })
  expect(events).toMatchObject([{ type: 'session_ready', expires_at: new Date(1_900_000_060_000) }])
  session.close()
})

it.each([
  ['of a type that nobody needs', '{"type":"rate_limits.updated","rate_limits":[]}'],
  ['of one that is not known', '{"type":"something.new"}'],
  ['whose type stands later', '{"event_id":"e","type":"rate_limits.updated","rate_limits":[]}'],
])('a message %s is a sign of life and nothing else', (_name, message) => {
  const { connections, events, signs } = opened()
  connections[0]!.onText(Buffer.from(message))
  expect([signs(), events]).toEqual([1, []])
})

it.each(['', '{', '{}', 'null', '{"type":"', '{"type":5}'])('%j is malformed, and breaks nothing', (message) => {
  const { connections, events, malformed } = opened()
  connections[0]!.onText(Buffer.from(message))
  expect([malformed, events]).toEqual([['a model message that is not JSON with a type'], []])
})

it('a piece of the agent’s voice is timed when it goes on, one that is not to be heard is not', () => {
  const { say, timed } = opened()
  const piece = { type: 'response.output_audio.delta', item_id: 'i', delta: 'AAAA' }
  say({ ...piece, response_id: 'cut' })
  expect(timed()).toBe(0)
  say({ ...piece, response_id: 'heard' })
  expect(timed()).toBe(1)
})
