// One call on a clock that the test moves: a carrier that plays what it is sent in its own time, a model in the test's hand.
import { describe, expect, it } from 'vitest'
import type { CallFact, CallRecord } from '../../../relay/calls/call-facts.ts'
import { NO_USAGE } from '../../../relay/calls/cost.ts'
import { PRICES } from '../../../relay/calls/prices.ts'
import { AudioMeters } from '../../../relay/live/audio-meters.ts'
import { LiveCall } from '../../../relay/live/live-call.ts'
import type { MediaStream, RealtimeEvent, RealtimeSession, ToolCall } from '../../../relay/live/live-ports.ts'
import { silentLogger } from '../../../relay/platform/logger.ts'
import { fakeClock } from '../../support/fake-clock.ts'

const STEP_MS = 100
const RECORD = {
  tenant_id: 'tnt_1',
  call_sid: `CA${'1'.repeat(32)}`,
  direction: 'inbound',
  context: {},
  context_version: 0,
  context_layers: { business: {}, agent: {} },
  usage: NO_USAGE,
} as unknown as CallRecord
const AUDIO_MS = 200
const SOUND = Buffer.alloc(AUDIO_MS * 8, 0x10).toString('base64')

const ready = (expires_at: Date | null = null): RealtimeEvent => ({
  type: 'session_ready',
  model: 'm',
  voice: 'alloy',
  transcription_model: null,
  expires_at,
})

function onALine(max_call_duration = 600, expires_at: Date | null = null) {
  const line = answered(max_call_duration)
  line.model(ready(expires_at))
  line.call.attach(line.stream)
  line.speak('greeting', 400)
  line.play(1_000)
  return line
}

/** The caller is not on the line yet, nor the model. */
function answered(max_call_duration = 600) {
  const clock = fakeClock()
  const sent: { session: string[]; notes: string[]; stream: string[] } = { session: [], notes: [], stream: [] }
  const facts: CallFact[] = []
  const kept: (string | null)[] = []
  const hungUp: string[] = []
  const logged: string[] = []
  const pressure: { frames_per_append: number } = { frames_per_append: 1 }
  const say = (what: string) => () => {
    sent.session.push(what)
    return `ev_${sent.session.length}`
  }
  const session: RealtimeSession = {
    appendAudio: say('append'),
    updateInstructions: say('instructions'),
    createResponse: say('response'),
    cancelResponse: say('cancel'),
    truncate: say('truncate'),
    addNote: (text) => void sent.notes.push(text),
    answerTool: say('tool'),
    close: say('close'),
  }
  const call = new LiveCall(
    {
      record: structuredClone(RECORD),
      agent: {
        id: 'ag_1',
        name: 'Ada',
        version: 1,
        system_prompt: 'You are Ada.',
        voice: 'alloy',
        greeting_message: null,
        max_call_duration,
      },
    },
    {
      openRealtimeSession: () => session,
      realtimeVoices: (voice) => [voice],
      hangUpAtCarrier: ({ call_sid }) => void hungUp.push(call_sid),
      keepFarewell: (_sid, words) => void kept.push(words),
      observer: {
        updated() {},
        turn() {},
        attention() {},
        escalated() {},
        contextChanged() {},
        ended() {},
      },
      prices: PRICES,
      pressure,
      meters: new AudioMeters(),
      clock,
      log: { ...silentLogger, error: (message) => void logged.push(message) },
    },
    async (fact) => void facts.push(fact),
  )
  /** What the carrier has still to play: each a piece of sound, or the mark after it. */
  const queue: ({ ms: number } | { mark: string })[] = []
  const stream: MediaStream = {
    sendAudio: () => void queue.push({ ms: AUDIO_MS }),
    sendMark: (mark) => void queue.push({ mark }),
    clear: () => void queue.splice(0),
    close: () => void sent.stream.push('close'),
  }
  const play = (ms: number): void => {
    for (let passed = 0; passed < ms; passed += STEP_MS) {
      clock.advance(STEP_MS)
      let left = STEP_MS
      while (queue[0] && (left > 0 || 'mark' in queue[0])) {
        const head = queue[0]
        if ('mark' in head) call.onMark(head.mark)
        else {
          const played = Math.min(head.ms, left)
          head.ms -= played
          left -= played
          if (head.ms > 0) break
        }
        queue.shift()
      }
    }
  }
  const model = (event: RealtimeEvent) => call.onEvent(event)
  const speak = (response_id: string, ms: number, tool_calls: ToolCall[] = []) => {
    model({ type: 'response_started', response_id })
    for (let at = 0; at < ms; at += AUDIO_MS) call.onAgentAudio(response_id, `item_${response_id}`, SOUND)
    model({ type: 'agent_audio_done', response_id, item_id: `item_${response_id}` })
    model({
      type: 'response_done',
      response_id,
      status: 'completed',
      reason: null,
      limit: null,
      tool_calls,
      usage: null,
    })
  }
  clock.advance(50)
  return {
    call,
    session,
    stream,
    pressure,
    logged,
    clock,
    sent,
    facts,
    kept,
    hungUp,
    play,
    model,
    speak,
    isLeft: () => sent.stream.includes('close'),
  }
}

const END_CALL: ToolCall = {
  tool_call_id: 't_1',
  name: 'end_call',
  arguments_json: '{"outcome":"resolved","summary":"Paid."}',
}

it('[L9] a long answer with the goodbye at its end is heard to its end', () => {
  const line = onALine()
  line.speak('long', 40_000, [END_CALL])
  line.play(39_000)
  expect(line.isLeft()).toBe(false)
  line.play(1_500)
  expect(line.isLeft()).toBe(true)
  expect(line.kept).toEqual([null])
})

it('an answer of nine minutes that comes at once is heard whole', () => {
  const line = onALine(3_000)
  line.speak('long', 540_000)
  line.play(539_000)
  expect(line.call.turns.at(-1)).toMatchObject({ turn_id: 'item_long', is_final: false })
  line.play(2_000)
  expect(line.call.turns.at(-1)).toMatchObject({ heard_ms: 540_000, cut_off_by: null, is_final: true })
  expect(line.call.hasEnded).toBe(false)
})

it('[L6] a model that speaks without end is left: the caller hears a minute of it and a sentence, the record says why', () => {
  const line = onALine(3_000)
  const queued: string[] = []
  for (let at = 0; at < 3_600_000; at += AUDIO_MS)
    if (line.call.onAgentAudio('endless', 'item_endless', SOUND)) queued.push(SOUND)
  expect(queued.length * AUDIO_MS).toBeGreaterThan(590_000)
  expect(queued.length * AUDIO_MS).toBeLessThan(610_000)
  expect(line.sent.session).toContain('close')
  line.play(58_000)
  expect(line.isLeft()).toBe(false)
  line.play(3_000)
  expect(line.isLeft()).toBe(true)
  expect(line.kept).toEqual([expect.stringContaining('technical problem')])
  line.clock.advance(10_000)
  expect(line.facts.at(-1)).toMatchObject({
    end_reason: 'The model spoke more than ten minutes ahead of what the caller could hear.',
  })
})

it('[L9] a goodbye that follows a long answer is heard to its end', () => {
  const line = onALine()
  line.speak('long', 20_000)
  line.model({ type: 'response_started', response_id: 'ending' })
  line.model({
    type: 'response_done',
    response_id: 'ending',
    status: 'completed',
    reason: null,
    limit: null,
    tool_calls: [END_CALL],
    usage: null,
  })
  line.speak('goodbye', 3_000)
  line.play(22_500)
  expect(line.isLeft()).toBe(false)
  line.play(1_000)
  expect(line.isLeft()).toBe(true)
})

it('[L9] an agent that never stops talking is left after a minute, and one whose goodbye is stuck after fifteen seconds', () => {
  const endless = onALine()
  endless.speak('endless', 300_000, [END_CALL])
  endless.play(59_000)
  expect(endless.isLeft()).toBe(false)
  endless.play(2_000)
  expect(endless.isLeft()).toBe(true)
  const stuck = onALine()
  stuck.speak('stuck', 40_000, [END_CALL])
  stuck.play(5_000)
  stuck.clock.advance(11_000)
  expect(stuck.isLeft()).toBe(true)
})

it('[L9] the goodbye at the time limit does not wait behind minutes of an answer, which is shown as unheard', () => {
  const line = onALine(30)
  line.model({ type: 'response_started', response_id: 'long' })
  for (let at = 0; at < 180_000; at += AUDIO_MS) line.call.onAgentAudio('long', 'item_long', SOUND)
  line.model({ type: 'agent_text', response_id: 'long', item_id: 'item_long', delta: 'A long story. '.repeat(100) })
  line.play(29_000)
  expect(line.sent.session).toContain('cancel')
  line.model({
    type: 'response_done',
    response_id: 'long',
    status: 'cancelled',
    reason: 'client_cancelled',
    limit: null,
    tool_calls: [],
    usage: null,
  })
  expect(line.sent.session.at(-1)).toBe('response')
  line.speak('goodbye', 3_000)
  line.play(2_500)
  expect(line.isLeft()).toBe(false)
  line.play(1_000)
  expect(line.isLeft()).toBe(true)
  expect(line.kept).toEqual([null])
  const turns = line.call.turns.flatMap((turn) => (turn.kind === 'speech' ? [turn] : []))
  const cut = turns.find((turn) => turn.turn_id === 'item_long')
  expect(cut).toMatchObject({ unheard_text: expect.stringContaining('story'), cut_off_by: null })
  expect(cut?.heard_ms).toBeLessThan(30_000)
  expect(line.call.quality().interruptions).toBe(0)
})

it('a caller who cuts in once interrupts once, whatever was still to be heard', () => {
  const line = onALine()
  line.speak('first', 2_000)
  line.speak('second', 2_000)
  line.play(500)
  line.model({ type: 'speech_started', item_id: 'item_caller', audio_start_ms: 1_500 })
  expect(line.call.quality().interruptions).toBe(1)
  expect(line.sent.session.filter((what) => what === 'truncate')).toHaveLength(2)
})

it('a model that does not name the caller’s voice: its words stand before the answer, and the gap is known', () => {
  const line = onALine()
  line.model({ type: 'speech_started', item_id: null, audio_start_ms: 1_000 })
  line.play(500)
  line.model({ type: 'speech_stopped', item_id: null, audio_end_ms: 1_400 })
  line.play(300)
  line.speak('answer', 1_000)
  line.model({ type: 'caller_transcribed', item_id: 'item_caller', text: 'Where is my order?', usage: null })
  const spoken = line.call.turns.filter((turn) => turn.kind === 'speech').slice(-2)
  expect(spoken).toMatchObject([
    { speaker: 'caller', text: 'Where is my order?', started_ms: 1_000, ended_ms: 1_400, is_final: true },
    { speaker: 'agent' },
  ])
  expect(line.call.liveState().reply_gap_ms).toBeGreaterThan(0)
})

it('the limit of the model is told of in time, where the agent’s own is longer', () => {
  const line = onALine(14_400)
  const reasons = () => {
    line.call.tick()
    return line.call.liveState().attention.map(({ reason }) => reason)
  }
  line.clock.advance(49 * 60_000)
  expect(reasons()).not.toContain('length_over_limit')
  line.clock.advance(60_000)
  expect(reasons()).toContain('length_over_limit')
})

it('[L9] a session of the model that ends before the call may: the goodbye is asked for a minute before', () => {
  const line = onALine(14_400, new Date('2030-01-01T00:30:00.000Z'))
  const asked = () => line.sent.session.filter((what) => what === 'response').length
  const before = asked()
  line.clock.advance(28.5 * 60_000)
  expect(asked()).toBe(before)
  line.clock.advance(30_000)
  expect(asked()).toBe(before + 1)
  line.speak('goodbye', 1_000)
  line.play(1_500)
  expect(line.isLeft()).toBe(true)
  const past = onALine(600, new Date('2029-12-31T23:00:00.000Z'))
  past.play(60_000)
  expect(past.call.hasEnded).toBe(false)
})

it('[L17] keys are shown as they are pressed, and told to the model together', () => {
  const line = onALine()
  const before = line.sent.session.filter((what) => what === 'response').length
  for (const digit of ['1', '2']) {
    line.call.onDigit(digit)
    line.play(1_000)
  }
  expect(line.sent.notes).toEqual([])
  line.play(1_500)
  expect(line.sent.notes).toEqual(['The caller pressed 12 on the keypad.'])
  expect(line.sent.session.filter((what) => what === 'response')).toHaveLength(before + 1)
  expect(line.call.turns.filter((turn) => turn.kind === 'notice').map((turn) => turn.text)).toEqual([
    'The caller pressed 1.',
    'The caller pressed 2.',
  ])
})

it('a fault of ours in closing a call is written down, and ends no other: none leaves the timer', () => {
  const line = onALine()
  line.session.close = () => {
    throw new Error('a fault of ours')
  }
  line.model({ type: 'speech_started', item_id: 'said', audio_start_ms: 0 })
  line.call.onEnd('stopped')
  expect(() => line.clock.advance(3_000)).not.toThrow()
  expect(line.logged).toEqual(['A call broke inside the relay'])
})

it('a frame goes on at once, waits for the model, or waits for others; silence in its place is no frame', () => {
  const line = onALine()
  const frame = Buffer.alloc(160, 0x7f).toString('base64')
  expect(line.call.onAudio(frame)).toBe(true)
  line.pressure.frames_per_append = 2
  expect([line.call.onAudio(frame), line.call.onAudio(frame)]).toEqual([false, false])
  line.call.onSilence(frame)
  expect(line.call.frames).toMatchObject({ frames_in: 3, frames_dropped: 0 })
})

it('frames that are too old, and first words that are more than is kept for the model, are dropped and counted', () => {
  const line = answered()
  line.call.attach(line.stream)
  const frame = Buffer.alloc(160, 0x7f).toString('base64')
  for (let count = 0; count < 503; count++) line.call.onAudio(frame)
  expect(line.call.frames).toMatchObject({ frames_in: 503, frames_dropped: 3 })
  line.model(ready())
  line.call.onStale()
  line.call.onStale()
  expect(line.call.frames).toMatchObject({ frames_in: 505, frames_dropped: 5 })
  line.call.onEnd('stopped')
  line.clock.advance(60_000)
  const ended = line.facts.flatMap((fact) => (fact.type === 'call_ended' ? [fact.quality] : []))
  expect(ended).toMatchObject([{ frames_in: 505, frames_dropped: 5 }])
})

it('[L5] a late delta of an interrupted response has not gone on', () => {
  const line = onALine()
  line.model({ type: 'response_started', response_id: 'long' })
  expect(line.call.onAgentAudio('long', 'item_long', SOUND)).toBe(true)
  line.model({ type: 'speech_started', item_id: 'said', audio_start_ms: 0 })
  expect(line.call.onAgentAudio('long', 'item_long', SOUND)).toBe(false)
})

it('[L16] what is asked for while a long answer is still heard does not end the call', () => {
  const line = onALine()
  line.speak('long', 25_000)
  line.call.onDigit('#')
  // The model has its ten seconds from when the caller hears nothing more.
  line.play(27_000)
  expect(line.isLeft()).toBe(false)
  line.play(10_000)
  expect(line.isLeft()).toBe(true)
  expect(line.kept).toEqual([expect.stringContaining('technical problem')])
})

it('[L13] what the caller was saying is given to the model, whoever says first that the call is over', () => {
  for (const end of [
    (line: ReturnType<typeof onALine>) => line.call.onEnd('stopped'),
    (line: ReturnType<typeof onALine>) => line.call.carrierEnded('completed'),
    (line: ReturnType<typeof onALine>) => line.call.hangUp('Dana', null),
  ]) {
    const line = onALine()
    line.model({ type: 'speech_started', item_id: 'item_half', audio_start_ms: 0 })
    end(line)
    expect(line.sent.session).toContain('append')
    line.model({ type: 'caller_transcribed', item_id: 'item_half', text: 'And my', usage: null })
    line.call.carrierEnded('completed')
    expect(line.facts.at(-1)).toMatchObject({ type: 'call_ended' })
    expect(line.call.turns.at(-1)).toMatchObject({ speaker: 'caller', text: 'And my' })
  }
})

it('[L12] the tools of a response that is done twice are answered once', () => {
  const line = onALine()
  const tool_calls = [{ tool_call_id: 't_2', name: 'escalate', arguments_json: '{"reason":"x"}' }]
  const done: RealtimeEvent = {
    type: 'response_done',
    response_id: 'twice',
    status: 'completed',
    reason: null,
    limit: null,
    tool_calls,
    usage: null,
  }
  line.model({ type: 'response_started', response_id: 'twice' })
  line.model(done)
  line.model(done)
  expect(line.sent.session.filter((what) => what === 'tool')).toHaveLength(1)
})

it('[L12] a response that is done twice is done once; its last word counts although the caller has hung up', () => {
  const line = onALine()
  line.model({ type: 'response_started', response_id: 'last' })
  line.call.onEnd('stopped')
  expect(line.sent.session).toContain('cancel')
  const done: RealtimeEvent = {
    type: 'response_done',
    response_id: 'last',
    status: 'completed',
    reason: null,
    limit: null,
    tool_calls: [END_CALL],
    usage: null,
  }
  line.model(done)
  line.model(done)
  line.call.carrierEnded('completed')
  expect(line.facts.filter((fact) => fact.type === 'call_ended')).toMatchObject([
    { outcome: 'resolved', summary: 'Paid.', end_reason: 'The caller hung up.' },
  ])
})

describe('[L6] a stream that the carrier ends', () => {
  const ended = (line: ReturnType<typeof onALine>) => {
    line.play(3_000)
    return line.facts.filter((fact) => fact.type === 'call_ended')
  }

  it('is a hang-up once the carrier says that the call is over', () => {
    const line = onALine()
    line.call.onEnd('stopped')
    expect(line.facts.at(-1)?.type).not.toBe('call_ended')
    line.call.carrierEnded('completed')
    expect(line.facts.at(-1)).toMatchObject({ type: 'call_ended', end_reason: 'The caller hung up.' })
  })

  it('is none when it asks how to go on, before or after: the caller hears a sentence', () => {
    const after = onALine()
    after.call.onEnd('stopped')
    expect(after.call.carrierAsks(false)).toContain('technical problem')
    const before = onALine()
    expect(before.call.carrierAsks(false)).toContain('technical problem')
    before.call.onEnd('stopped')
    for (const line of [after, before])
      expect(ended(line)).toMatchObject([
        { outcome: 'failed', end_reason: expect.stringContaining('while the call went on') },
      ])
  })

  it('may go on elsewhere when it says nothing, and is not hung up', () => {
    const line = onALine()
    line.call.onEnd('stopped')
    expect(ended(line)).toMatchObject([{ end_reason: expect.stringContaining('did not say that the call is over') }])
    line.play(30_000)
    expect(line.hungUp).toEqual([])
  })
})

it('a complaint of the carrier is the reason of a break that follows it, not of one minutes later', () => {
  const reasonAfter = (ms: number): unknown => {
    const line = onALine()
    line.call.streamFailed('31951 - Invalid message')
    line.play(ms)
    line.call.onEnd('lost')
    line.clock.advance(3_000)
    return line.facts.at(-1)
  }
  expect(reasonAfter(1_000)).toMatchObject({ end_reason: 'The media stream failed: 31951 - Invalid message' })
  expect(reasonAfter(60_000)).toMatchObject({ end_reason: 'The media stream was lost.' })
})
