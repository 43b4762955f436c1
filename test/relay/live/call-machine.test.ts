import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { CallEffect, CallEvent } from '../../../relay/live/call-events.ts'
import { type CallState, NEW_CALL, step } from '../../../relay/live/call-machine.ts'

/** The agent has a greeting of its own. */
const NEW: CallState = { ...NEW_CALL, owes_greeting: true }
function run(events: CallEvent[], from: CallState = NEW): { state: CallState; effects: CallEffect[] } {
  return events.reduce(
    ({ state, effects }, event) => {
      const next = step(state, event)
      return { state: next.state, effects: [...effects, ...next.effects] }
    },
    { state: from, effects: [] as CallEffect[] },
  )
}
const kinds = (effects: CallEffect[]) => effects.map((effect) => effect.type)
const asked = (effects: CallEffect[]) =>
  effects.flatMap((effect) => (effect.type === 'create_response' ? [effect.kind] : []))

const TOO_EARLY: CallEvent = {
  type: 'request_refused',
  code: 'conversation_already_has_active_response',
  reason: 'Conversation already has an active response.',
  limit: null,
  is_ours: true,
}
const REFUSED: CallEvent = {
  type: 'request_refused',
  code: 'invalid_value',
  reason: 'Not these instructions.',
  limit: null,
  is_ours: true,
}
const ring = (timer: Extract<CallEvent, { type: 'timer_rang' }>['timer']): CallEvent => ({ type: 'timer_rang', timer })
const opened: CallEvent[] = [{ type: 'stream_opened' }, { type: 'session_ready', version: 0 }]
const TALKING = run(opened).state
const done = (change: Partial<Extract<CallEvent, { type: 'response_done' }>> = {}): CallEvent => ({
  type: 'response_done',
  status: 'completed',
  reason: null,
  limit: null,
  spoke: true,
  was_cut: false,
  tool_calls: [],
  ...change,
})
/** One answer of the model's. */
const round: CallEvent[] = [{ type: 'response_started' }, done()]
/** The agent has greeted. */
const idle = run(round, TALKING).state
const tool = (name: string, args: object | string = {}) => ({
  tool_call_id: `t_${name}`,
  name,
  arguments_json: typeof args === 'string' ? args : JSON.stringify(args),
})

describe('call machine: beginning', () => {
  it('[L1] greets once when both sides are there, in either order', () => {
    expect(asked(run(opened).effects)).toEqual(['greeting'])
    expect(asked(run([...opened].reverse()).effects)).toEqual(['greeting'])
    expect(asked(run([{ type: 'stream_opened' }, { type: 'session_ready', version: 0 }], TALKING).effects)).toEqual([])
  })

  describe('[L1] a greeting of the agent’s own is said in any case', () => {
    const cut = done({ status: 'cancelled', spoke: false, was_cut: true })
    const greeting = run([{ type: 'response_started' }, { type: 'speech_started' }], TALKING).state

    it('after the answer, when the caller speaks before its first sound', () => {
      const stopped = run([cut, { type: 'speech_stopped' }], greeting)
      expect(asked(stopped.effects)).toEqual([])
      const answered = run([{ type: 'response_started' }, done()], stopped.state)
      expect(asked(answered.effects)).toEqual(['greeting'])
      expect(asked(run([{ type: 'response_started' }, done(), ...round], answered.state).effects)).toEqual([])
    })

    it('at once, when they have stopped before it is over', () => {
      expect(asked(run([{ type: 'speech_stopped' }, cut], greeting).effects)).toEqual(['greeting'])
    })

    it('before what a supervisor wants said, which comes after it', () => {
      const override: CallEvent[] = [
        { type: 'context_overridden', version: 1, speak_now: true },
        { type: 'instructions_confirmed', version: 1 },
      ]
      const { state, effects } = run([cut, ...override, { type: 'speech_stopped' }, ...round], greeting)
      expect(asked(effects)).toEqual(['greeting'])
      expect(asked(run([{ type: 'response_started' }, done()], state).effects)).toEqual(['override'])
    })

    it('but one that the model makes up is no more when the caller was answered', () => {
      const without = { ...greeting, owes_greeting: false }
      expect(asked(run([cut, { type: 'speech_stopped' }, ...round], without).effects)).toEqual([])
    })
  })

  it('[L15] what a supervisor wants said is said after the answer, when the caller speaks before its first sound', () => {
    const wanted: CallEvent[] = [
      { type: 'context_overridden', version: 1, speak_now: true },
      { type: 'instructions_confirmed', version: 1 },
      { type: 'response_started' },
      { type: 'speech_started' },
      done({ status: 'cancelled', spoke: false, was_cut: true }),
      { type: 'speech_stopped' },
    ]
    const cut = run(wanted, idle)
    expect(asked(cut.effects)).toEqual(['override'])
    expect(asked(run(round, cut.state).effects)).toEqual(['override'])
  })

  it('[L6] a model that refuses before the stream is there: the caller still hears a sentence', () => {
    const { state, effects } = run([
      { type: 'session_failed', reason: 'The model refused the key.' },
      { type: 'stream_opened' },
    ])
    expect(effects.find((effect) => effect.type === 'leave')).toMatchObject({
      say: expect.stringContaining('technical problem'),
    })
    expect(effects.find((effect) => effect.type === 'finish')).toMatchObject({
      failed: true,
      end_reason: 'The model refused the key.',
    })
    expect(state.name).toBe('ended')
  })

  it('[L6] a media stream that fails to open, or is lost: the caller hears a sentence and the record says why', () => {
    const failed = run([
      { type: 'session_ready', version: 0 },
      { type: 'stream_failed', reason: '31920 handshake' },
    ])
    expect(failed.effects.slice(-2)).toMatchObject([
      { type: 'leave', say: expect.stringContaining('technical problem') },
      { type: 'finish', failed: true, status: 'failed', end_reason: '31920 handshake' },
    ])
    const lost = run([{ type: 'stream_ended', how: 'lost', reason: null }], TALKING)
    expect(lost.effects.slice(-2)).toMatchObject([
      { type: 'leave', say: expect.stringContaining('technical problem') },
      { type: 'finish', failed: true, status: 'completed', end_reason: 'The media stream was lost.' },
    ])
    expect(step(TALKING, { type: 'stream_failed', reason: 'late' })).toEqual({ state: TALKING, effects: [] })
  })

  it('a media stream that never comes ends the call', () => {
    expect(run([{ type: 'timer_rang', timer: 'stream' }]).effects.at(-1)).toMatchObject({
      type: 'finish',
      failed: true,
    })
  })
})

describe('call machine: barge-in', () => {
  it('[L2] the first effect of speech over the agent is the interruption', () => {
    const { effects, state } = run([{ type: 'audio_started' }, { type: 'speech_started' }], TALKING)
    expect(effects[0]).toEqual({ type: 'interrupt_playback', by: 'caller' })
    expect(state.is_playing).toBe(false)
  })

  it('speech while nobody else speaks interrupts nothing', () => {
    const quiet = run([{ type: 'response_started' }, done()], TALKING).state
    expect(kinds(run([{ type: 'speech_started' }], quiet).effects)).not.toContain('interrupt_playback')
  })
})

describe('call machine: context', () => {
  it('[L8] one update in flight, the newest next, each version applied', () => {
    const { effects, state } = run(
      [1, 2, 3]
        .map((version): CallEvent => ({ type: 'context_overridden', version, speak_now: false }))
        .concat([
          { type: 'instructions_confirmed', version: 1 },
          { type: 'instructions_confirmed', version: 3 },
        ]),
      TALKING,
    )
    expect(effects.flatMap((effect) => (effect.type === 'update_instructions' ? [effect.version] : []))).toEqual([1, 3])
    expect(effects.flatMap((effect) => (effect.type === 'context_applied' ? [effect.version] : []))).toEqual([1, 3])
    expect(state.context).toEqual({ applied: 3, wanted: 3, in_flight: null, speak_about: null })
  })

  it('[L8] an override before the model is there is contained in its first settings, or sent right after', () => {
    const override: CallEvent = { type: 'context_overridden', version: 1, speak_now: false }
    expect(kinds(run([override, { type: 'stream_opened' }, { type: 'session_ready', version: 1 }]).effects)).toContain(
      'context_applied',
    )
    expect(kinds(run([override, { type: 'stream_opened' }, { type: 'session_ready', version: 0 }]).effects)).toContain(
      'update_instructions',
    )
  })

  it('[L8] a refused version is refused with its reason and the one before stays in force', () => {
    const { effects, state } = run(
      [
        { type: 'context_overridden', version: 1, speak_now: false },
        { type: 'instructions_refused', version: 1, reason: 'too long' },
      ],
      TALKING,
    )
    expect(effects.at(-1)).toEqual({ type: 'context_refused', version: 1, reason: 'too long' })
    expect(state.context.applied).toBe(0)
  })

  it('[L8] a version that is not acknowledged in time is refused, and the one before is sent once more', () => {
    const overridden = run([{ type: 'context_overridden', version: 1, speak_now: false }], TALKING)
    const late = run([ring('instructions')], overridden.state)
    expect(kinds(late.effects)).toEqual(['stop_timer', 'context_refused', 'update_instructions', 'start_timer'])
    expect(late.effects).toContainEqual({ type: 'update_instructions', version: 0 })
    const restored = run([{ type: 'instructions_confirmed', version: 0 }], late.state)
    expect(kinds(restored.effects)).toEqual(['stop_timer'])
    expect(restored.state.context).toEqual({ applied: 0, wanted: 0, in_flight: null, speak_about: null })
    expect(kinds(run([ring('instructions')], late.state).effects)).toEqual(['stop_timer', 'report_trouble'])
  })

  it('[L8] a refused version takes its own word with it, not that of a newer one', () => {
    const spoken = run(
      [
        { type: 'response_started' },
        done(),
        { type: 'context_overridden', version: 1, speak_now: false },
        { type: 'context_overridden', version: 2, speak_now: true },
        { type: 'instructions_refused', version: 1, reason: 'too long' },
        { type: 'instructions_confirmed', version: 2 },
      ],
      TALKING,
    )
    expect(asked(spoken.effects)).toEqual(['override'])
  })

  it('[L8] a newer version that waits goes instead of the one before', () => {
    const late = run(
      [
        { type: 'context_overridden', version: 1, speak_now: false },
        { type: 'context_overridden', version: 2, speak_now: false },
        ring('instructions'),
      ],
      TALKING,
    )
    expect(late.effects.flatMap((effect) => (effect.type === 'update_instructions' ? [effect.version] : []))).toEqual([
      1, 2,
    ])
  })

  it('a version to speak about that is in the first settings is not spoken about again', () => {
    const { state, effects } = run([
      { type: 'context_overridden', version: 1, speak_now: true },
      { type: 'stream_opened' },
      { type: 'session_ready', version: 1 },
      { type: 'response_started' },
      done(),
      { type: 'context_overridden', version: 2, speak_now: false },
      { type: 'instructions_confirmed', version: 2 },
    ])
    expect(asked(effects)).toEqual(['greeting'])
    expect(state.context.speak_about).toBeNull()
  })

  it('a version to speak about makes the agent speak once the session has it', () => {
    const { effects } = run(
      [
        { type: 'context_overridden', version: 1, speak_now: true },
        { type: 'instructions_confirmed', version: 1 },
      ],
      idle,
    )
    expect(asked(effects)).toEqual(['override'])
  })
})

describe('call machine: responses', () => {
  it('[L10] what is wanted during a response is asked for when it is done', () => {
    const busy = run([{ type: 'response_started' }], TALKING).state
    const { effects } = run([{ type: 'timer_rang', timer: 'time_limit' }], busy)
    expect(asked(effects)).toEqual([])
    expect(asked(run([done()], run([{ type: 'timer_rang', timer: 'time_limit' }], busy).state).effects)).toEqual([
      'farewell',
    ])
  })

  it('[L10] the model was faster than our request: it is asked again after', () => {
    const early = run([TOO_EARLY], TALKING)
    expect(asked(run([done()], early.state).effects)).toEqual(['greeting'])
  })

  it('[L10] the model began by itself and its refusal of our request comes after: the goodbye is still said', () => {
    const busy = run([{ type: 'response_started' }, done()], TALKING).state
    const leaving = run([{ type: 'timer_rang', timer: 'time_limit' }], busy)
    expect(asked(leaving.effects)).toEqual(['farewell'])
    const taken = run([{ type: 'response_started' }, TOO_EARLY, done()], leaving.state)
    expect(asked(taken.effects)).toEqual(['farewell'])
    expect(taken.state.name).toBe('leaving')
    expect(run([{ type: 'response_started' }, done()], taken.state).state.name).toBe('ended')
  })

  it('[L7] the first failed response is asked for again, the second ends the call', () => {
    const failed = done({ status: 'failed', reason: 'insufficient_quota', spoke: false })
    const once = run([{ type: 'response_started' }, failed], TALKING)
    expect(asked(once.effects)).toEqual(['greeting'])
    const halfGreeted = run([{ type: 'response_started' }, done({ status: 'failed' })], TALKING)
    expect(asked(halfGreeted.effects)).toEqual(['reply'])
    const twice = run(
      [{ type: 'response_started' }, done({ status: 'failed', reason: 'insufficient_quota' })],
      once.state,
    )
    expect(twice.effects.find((effect) => effect.type === 'finish')).toMatchObject({
      failed: true,
      end_reason: 'insufficient_quota',
    })
  })

  const silent = { spoke: false } as const

  it.each(['completed', 'incomplete'] as const)(
    '[L7] a response that is %s without a sound is asked for again, the second ends the call',
    (status) => {
      const once = run([{ type: 'response_started' }, done({ ...silent, status, reason: 'content_filter' })], idle)
      expect(asked(once.effects)).toEqual(['reply'])
      expect(once.effects).toContainEqual({
        type: 'report_trouble',
        text: 'The model answered without a sound: content_filter.',
      })
      const twice = run([{ type: 'response_started' }, done({ ...silent, status })], once.state)
      expect(twice.effects.at(-1)).toMatchObject({ type: 'finish', failed: true })
      const spoken = run([{ type: 'response_started' }, done()], once.state)
      expect([spoken.state.name, spoken.state.failures_in_a_row]).toEqual(['talking', 0])
    },
  )

  it('[L7] an answer that stopped in its middle is no turn like others: the supervisor is told', () => {
    const { state, effects } = run(
      [{ type: 'response_started' }, done({ status: 'incomplete', reason: 'content_filter' })],
      idle,
    )
    expect(effects).toContainEqual({
      type: 'report_trouble',
      text: 'The model stopped in the middle of its answer: content_filter.',
    })
    expect([state.name, asked(effects)]).toEqual(['talking', []])
  })

  describe('[L7] a model that has too much to do', () => {
    const limited = (again_after_ms: number | null = 1_200) =>
      done({ status: 'failed', reason: 'Rate limit reached.', limit: { again_after_ms }, spoke: false })
    const refusal: CallEvent[] = [{ type: 'response_started' }, limited()]

    it('is left alone as long as it says, and then asked again, three times; then the call ends politely', () => {
      const once = run(refusal, TALKING)
      expect(asked(once.effects)).toEqual([])
      expect(once.effects).toContainEqual({ type: 'start_timer', timer: 'retry', after_ms: 1_200 })
      expect(once.effects).toContainEqual({ type: 'report_trouble', text: 'Rate limit reached.' })
      const again = run([ring('retry')], once.state)
      expect(asked(again.effects)).toEqual(['greeting'])
      expect(run([{ type: 'response_started' }, done()], again.state).state).toMatchObject({
        name: 'talking',
        failures_in_a_row: 0,
        owes_greeting: false,
      })
      const tries = [ring('retry'), ...refusal]
      expect(run([...tries, ...tries], once.state).state.name).toBe('talking')
      expect(run([...tries, ...tries, ...tries], once.state).effects.at(-1)).toMatchObject({
        type: 'finish',
        failed: true,
        end_reason: 'Rate limit reached.',
      })
    })

    it('is not waited for longer than a caller waits; when it says nothing, for a moment', () => {
      expect(run([{ type: 'response_started' }, limited(20_000)], idle).state.name).toBe('ended')
      expect(run([{ type: 'response_started' }, limited(null)], idle).effects).toContainEqual({
        type: 'start_timer',
        timer: 'retry',
      })
    })

    it('a caller who speaks meanwhile is answered by the model itself, and not twice', () => {
      const waiting = run(refusal, idle).state
      const spoken = run([{ type: 'speech_started' }, ring('retry'), { type: 'speech_stopped' }], waiting)
      expect(asked(spoken.effects)).toEqual([])
      expect(asked(run([{ type: 'response_started' }, done()], spoken.state).effects)).toEqual([])
    })

    it('also when it refuses the request itself', () => {
      const refused: CallEvent = {
        type: 'request_refused',
        code: 'rate_limit_exceeded',
        reason: 'Rate limit reached.',
        limit: { again_after_ms: 800 },
        is_ours: true,
      }
      const { state, effects } = run([refused], TALKING)
      expect([asked(effects), state.name]).toEqual([[], 'talking'])
      expect(effects).toContainEqual({ type: 'start_timer', timer: 'retry', after_ms: 800 })
      expect(asked(run([ring('retry')], state).effects)).toEqual(['greeting'])
    })
  })

  it('[L7] a response that the caller cut before it sounded, or that was cancelled, is not asked for again', () => {
    const cut = run(
      [
        { type: 'speech_started' },
        { type: 'speech_stopped' },
        { type: 'response_started' },
        done({ ...silent, was_cut: true }),
      ],
      idle,
    )
    expect(asked(cut.effects)).toEqual([])
    expect(asked(run([{ type: 'response_started' }, done({ ...silent, status: 'cancelled' })], idle).effects)).toEqual(
      [],
    )
  })

  it('[L7] what waits for a failed response is asked for instead of it', () => {
    const override: CallEvent[] = [
      { type: 'response_started' },
      { type: 'context_overridden', version: 1, speak_now: true },
      { type: 'instructions_confirmed', version: 1 },
    ]
    const failed = run([...override, done({ status: 'failed' })], idle)
    expect(asked(failed.effects)).toEqual(['override'])
  })

  it('[L10] a refusal that comes while nothing is asked for opens no waiting', () => {
    expect(step(idle, TOO_EARLY)).toEqual({ state: idle, effects: [] })
  })

  it('[L7] failures are in a row only while nothing is heard between them', () => {
    const failed: CallEvent[] = [{ type: 'response_started' }, done({ status: 'failed', spoke: false })]
    const heard: CallEvent[] = [
      { type: 'response_started' },
      { type: 'audio_started' },
      { type: 'speech_started' },
      done({ status: 'cancelled', was_cut: true }),
      { type: 'speech_stopped' },
    ]
    expect(run([...failed, ...heard, ...failed], idle).state.name).toBe('talking')
  })

  it('[L16] a model that calls tools for ever and says nothing is left', () => {
    const round: CallEvent[] = [
      { type: 'response_started' },
      done({ spoke: false, tool_calls: [tool('escalate', { reason: 'x' })] }),
    ]
    const rounds = (count: number) => run(Array.from({ length: count }, () => round).flat(), idle)
    expect(rounds(8).state.name).toBe('talking')
    expect(rounds(9).effects.at(-1)).toMatchObject({ type: 'finish', failed: true })
  })

  it('[L11] what waits is asked for after the answers of tools, and with them', () => {
    const waiting = run(
      [
        { type: 'response_started' },
        { type: 'context_overridden', version: 1, speak_now: true },
        { type: 'instructions_confirmed', version: 1 },
      ],
      idle,
    ).state
    const { effects } = run([done({ spoke: false, tool_calls: [tool('escalate', { reason: 'x' })] })], waiting)
    expect(kinds(effects).filter((kind) => kind === 'answer_tool' || kind === 'create_response')).toEqual([
      'answer_tool',
      'create_response',
    ])
    expect(asked(effects)).toEqual(['override'])
    const goodbye = run([done({ tool_calls: [tool('end_call', { outcome: 'resolved' })] })], waiting)
    expect(asked(goodbye.effects)).toEqual([])
  })

  it('[L16] an answer that is due is watched for also after one that was cancelled', () => {
    const cut = run(
      [
        { type: 'speech_started' },
        { type: 'response_started' },
        { type: 'speech_stopped' },
        done({ status: 'cancelled', spoke: false, was_cut: true }),
      ],
      run([...opened], NEW_CALL).state,
    )
    expect(cut.effects.at(-1)).toMatchObject({ type: 'start_timer', timer: 'response' })
    const lost = run([{ type: 'response_started' }, done({ status: 'cancelled', spoke: false })], idle)
    expect(lost.effects.at(-1)).toEqual({ type: 'start_timer', timer: 'response' })
    expect(asked(run([ring('response')], lost.state).effects)).toEqual(['reply'])
  })

  it('[L10] the error of the model about a response of its own does not ask again for ours that runs', () => {
    const greeting = run([{ type: 'response_started' }], TALKING).state
    const own = { ...TOO_EARLY, is_ours: false } as CallEvent
    expect(asked(run([own, done()], greeting).effects)).toEqual([])
    expect(asked(run([own, done()], TALKING).effects)).toEqual(['greeting'])
  })

  it('[L1] a caller who was answered first is not greeted after it, unless the agent has a greeting of its own', () => {
    const answered: CallEvent[] = [
      { type: 'speech_started' },
      { type: 'response_started' },
      done({ status: 'cancelled', spoke: false, was_cut: true }),
      { type: 'speech_stopped' },
      { type: 'response_started' },
      done(),
    ]
    expect(asked(run([...opened, ...answered], NEW_CALL).effects)).toEqual(['greeting'])
    expect(asked(run([...opened, ...answered]).effects)).toEqual(['greeting', 'greeting'])
  })

  it('[L15] a caller who begins before the greeting does is not greeted over: it comes after their answer', () => {
    const early = run([{ type: 'speech_started' }, { type: 'response_started' }], TALKING)
    expect(early.effects.at(-1)).toEqual({ type: 'cancel_response' })
    const answered = run(
      [done({ status: 'cancelled', spoke: false }), { type: 'speech_stopped' }, { type: 'response_started' }, done()],
      early.state,
    )
    expect(asked(answered.effects)).toEqual(['greeting'])
    const reply = run([{ type: 'speech_stopped' }, { type: 'response_started' }], early.state)
    expect(kinds(reply.effects)).not.toContain('cancel_response')
  })
})

describe('call machine: a model that refuses or is silent', () => {
  it('[L16] a refused greeting is asked in another form, and refused again the caller hears a sentence', () => {
    const once = run([REFUSED], TALKING)
    expect(once.effects).toContainEqual({ type: 'create_response', kind: 'greeting', as_note: true })
    const twice = run([REFUSED], once.state)
    expect(twice.effects.find((effect) => effect.type === 'leave')).toMatchObject({
      say: expect.stringContaining('technical problem'),
    })
    expect(twice.effects.at(-1)).toMatchObject({ type: 'finish', failed: true })
    const spoken = run([{ type: 'response_started' }, done(), ring('time_limit'), REFUSED], once.state)
    expect(spoken.state.name).toBe('leaving')
  })

  it('[L16] a refusal while nothing is asked for changes nothing', () => {
    expect(step(idle, REFUSED)).toEqual({ state: idle, effects: [] })
  })

  it('[L16] an answer is waited for from the request, and from the end of what the caller says', () => {
    expect(run(opened).effects).toContainEqual({ type: 'start_timer', timer: 'response' })
    const greeted = run([{ type: 'response_started' }, done()], TALKING)
    expect(greeted.effects.at(-1)).toEqual({ type: 'stop_timer', timer: 'response' })
    const turn = run([{ type: 'speech_started' }, { type: 'speech_stopped' }], greeted.state)
    expect(turn.effects).toEqual([
      { type: 'stop_timer', timer: 'response' },
      { type: 'start_timer', timer: 'response' },
    ])
    const asking = run([ring('response')], turn.state)
    expect(asked(asking.effects)).toEqual(['reply'])
    expect(run([ring('response')], asking.state).effects.at(-1)).toMatchObject({
      type: 'finish',
      failed: true,
      end_reason: 'The model went silent.',
    })
  })

  it('[L15] what waited for a response that the caller cut is not said over the caller', () => {
    const waiting = run(
      [
        { type: 'response_started' },
        { type: 'context_overridden', version: 1, speak_now: true },
        { type: 'instructions_confirmed', version: 1 },
      ],
      TALKING,
    ).state
    const cut = run([{ type: 'speech_started' }, done({ status: 'cancelled' })], waiting)
    expect(asked(cut.effects)).toEqual([])
    const answered = run([{ type: 'speech_stopped' }, { type: 'response_started' }, done()], cut.state)
    expect(asked(answered.effects)).toEqual(['override'])
  })

  it('[L15] what is wanted while the caller speaks waits until they were answered', () => {
    const speaking = run([{ type: 'speech_started' }, ring('time_limit')], idle)
    expect(asked(speaking.effects)).toEqual([])
    const answered = run([{ type: 'speech_stopped' }, { type: 'response_started' }, done()], speaking.state)
    expect(asked(answered.effects)).toEqual(['farewell'])
    const unanswered = run([{ type: 'speech_stopped' }, ring('response')], speaking.state)
    expect(asked(unanswered.effects)).toEqual(['farewell'])
  })
})

describe('call machine: keys', () => {
  const press = (...digits: string[]) => digits.map((digit): CallEvent => ({ type: 'digit_pressed', digit }))
  const notes = (effects: CallEffect[]) =>
    effects.flatMap((effect) => (effect.type === 'add_note' ? [effect.text] : []))

  it('[L17] all keys of one entry are told and answered together, once no more come', () => {
    const pressed = run(press('4', '1', '7'), idle)
    expect([notes(pressed.effects), asked(pressed.effects)]).toEqual([[], []])
    expect(pressed.effects).toContainEqual({ type: 'start_timer', timer: 'digits' })
    const told = run([ring('digits')], pressed.state)
    expect([notes(told.effects), asked(told.effects)]).toEqual([['The caller pressed 417 on the keypad.'], ['reply']])
    expect(run([ring('digits')], told.state).effects).toEqual([])
  })

  it('[L17] # ends an entry at once', () => {
    const { effects } = run(press('4', '#'), idle)
    expect([notes(effects), asked(effects)]).toEqual([['The caller pressed 4# on the keypad.'], ['reply']])
  })

  it('[L17] keys pressed before the model was there are told with the greeting; while the caller speaks nothing is asked for', () => {
    const early = run([{ type: 'stream_opened' }, ...press('9'), { type: 'session_ready', version: 0 }])
    expect([notes(early.effects), asked(early.effects)]).toEqual([
      ['The caller pressed 9 on the keypad.'],
      ['greeting'],
    ])
    const speaking = run([{ type: 'speech_started' }, ...press('9'), ring('digits')], idle)
    expect([notes(speaking.effects), asked(speaking.effects)]).toEqual([['The caller pressed 9 on the keypad.'], []])
  })
})

describe('call machine: ending', () => {
  const ended = { tool_calls: [tool('end_call', { outcome: 'resolved', summary: 'Paid.' })] }

  it('[L9] end_call with a goodbye in the same response leaves when it was heard', () => {
    const speaking = run([{ type: 'response_started' }, { type: 'audio_started' }, done(ended)], TALKING)
    expect(kinds(speaking.effects)).not.toContain('leave')
    const { effects } = run([{ type: 'playback_idle' }], speaking.state)
    expect(effects.at(-1)).toMatchObject({
      type: 'finish',
      outcome: 'resolved',
      summary: 'Paid.',
      end_reason: 'The agent ended the call.',
    })
  })

  it('[L9] end_call without a word asks for a goodbye first', () => {
    const { effects, state } = run([{ type: 'response_started' }, done({ ...ended, spoke: false })], TALKING)
    expect(asked(effects)).toEqual(['farewell'])
    const said = run(
      [{ type: 'response_started' }, { type: 'audio_started' }, done(), { type: 'playback_idle' }],
      state,
    )
    expect(said.state.name).toBe('ended')
  })

  it('[L9] a caller who speaks into the goodbye is heard out, once', () => {
    const leaving = run([{ type: 'response_started' }, { type: 'audio_started' }, done(ended)], TALKING).state
    const back = run([{ type: 'speech_started' }], leaving)
    expect([back.state.name, back.effects[0]?.type]).toEqual(['talking', 'interrupt_playback'])
    const again = run(
      [{ type: 'response_started' }, { type: 'audio_started' }, done(ended), { type: 'speech_started' }],
      back.state,
    )
    expect(again.state.name).toBe('leaving')
  })

  it('[L9] a caller who says goodbye, too, and hangs up: the agent’s word stands', () => {
    const leaving = run([{ type: 'response_started' }, { type: 'audio_started' }, done(ended)], TALKING).state
    const bye = run([{ type: 'speech_started' }, { type: 'speech_stopped' }], leaving)
    expect(bye.effects).toContainEqual({ type: 'add_note', text: expect.stringContaining('call end_call again') })
    const gone = run([{ type: 'stream_ended', how: 'stopped', reason: null }], bye.state)
    expect(gone.effects.at(-1)).toMatchObject({
      outcome: 'resolved',
      summary: 'Paid.',
      end_reason: 'The caller hung up.',
    })
    const again = { tool_calls: [tool('end_call', { outcome: 'unresolved', summary: 'Not yet.' })] }
    const changed = run(
      [{ type: 'response_started' }, { type: 'audio_started' }, done(again), { type: 'playback_idle' }],
      bye.state,
    )
    expect(changed.effects.at(-1)).toMatchObject({ outcome: 'unresolved', summary: 'Not yet.' })
  })

  it('[L9] a caller who was faster than end_call is heard out, and not hung up on', () => {
    const cut: CallEvent[] = [{ type: 'response_started' }, { type: 'audio_started' }, { type: 'speech_started' }]
    const { state, effects } = run([...cut, done({ ...ended, was_cut: true })], TALKING)
    expect([state.name, state.said]).toEqual(['talking', { outcome: 'resolved', summary: 'Paid.' }])
    expect(effects.find((effect) => effect.type === 'answer_tool')).toMatchObject({
      output: expect.stringContaining('call end_call again'),
    })
    expect(kinds(effects)).not.toContain('leave')
  })

  it('[L9] a goodbye that was taken back is not said', () => {
    const asked_for = run([{ type: 'response_started' }, done({ ...ended, spoke: false })], TALKING).state
    const { effects } = run([{ type: 'speech_started' }, { type: 'response_started' }], asked_for)
    expect(effects.at(-1)).toEqual({ type: 'cancel_response' })
  })

  it('[L15] a goodbye that the caller cut before its first sound waits until they have stopped', () => {
    const leaving = run([{ type: 'response_started' }, done(), ring('time_limit')], TALKING).state
    const cut = run(
      [{ type: 'response_started' }, { type: 'speech_started' }, done({ status: 'cancelled', spoke: false })],
      leaving,
    )
    expect(kinds(cut.effects)).not.toContain('leave')
    const said = run([{ type: 'speech_stopped' }, { type: 'response_started' }, done()], cut.state)
    expect(asked(said.effects)).toEqual(['farewell'])
  })

  it('[L9] what the carrier has is heard to its end although the model is gone', () => {
    const goodbye = run([{ type: 'response_started' }, { type: 'audio_started' }, done(ended)], TALKING).state
    const answer = run([{ type: 'response_started' }, { type: 'audio_started' }, done()], TALKING).state
    for (const [state, say] of [
      [goodbye, null],
      [answer, expect.stringContaining('technical problem')],
    ] as const) {
      const lost = run([{ type: 'session_lost', reason: 'gone' }], state)
      expect(kinds(lost.effects)).not.toContain('leave')
      const heard = run([{ type: 'playback_idle' }], lost.state)
      expect(heard.effects.find((effect) => effect.type === 'leave')).toMatchObject({ say })
      const stuck = run([ring('farewell')], lost.state)
      expect(kinds(stuck.effects)).toContain('leave')
    }
  })

  it('[L13] a call whose model broke has failed, also when the caller or a supervisor ends it before the relay does', () => {
    const answer = run([{ type: 'response_started' }, { type: 'audio_started' }, done()], TALKING).state
    const lost = run([{ type: 'session_lost', reason: 'gone' }], answer).state
    const ends: CallEvent[] = [
      { type: 'stream_ended', how: 'stopped', reason: null },
      { type: 'stream_ended', how: 'lost', reason: null },
      { type: 'carrier_ended', status: 'completed' },
      { type: 'hang_up_commanded', by: 'Priya', outcome: null, say: null },
    ]
    const finishes = (event: CallEvent, state: CallState) =>
      run([event], state).effects.find((effect) => effect.type === 'finish')
    for (const event of ends) expect(finishes(event, lost)).toMatchObject({ failed: true })
    for (const event of [ends[0]!, ends[2]!, ends[3]!]) expect(finishes(event, answer)).toMatchObject({ failed: false })
  })

  it('[L13] what the agent says of the call while the caller hangs up still counts', () => {
    const over = run(
      [{ type: 'response_started' }, { type: 'stream_ended', how: 'stopped', reason: null }],
      TALKING,
    ).state
    const calls = [tool('escalate', { reason: 'x' }), ...ended.tool_calls]
    const { effects, state } = run([done({ spoke: false, tool_calls: calls })], over)
    expect(kinds(effects)).toEqual(['raise_escalation', 'amend_end'])
    expect(state).toEqual(over)
  })

  it('[L17] keys pressed before a goodbye that the caller cuts are told then', () => {
    const leaving = run(
      [
        { type: 'digit_pressed', digit: '4' },
        { type: 'response_started' },
        { type: 'audio_started' },
        done(ended),
        ring('digits'),
      ],
      TALKING,
    ).state
    const back = run([{ type: 'speech_started' }], leaving)
    expect(back.effects).toContainEqual({ type: 'add_note', text: 'The caller pressed 4 on the keypad.' })
  })

  it('[L9] a goodbye that never comes does not hold the line', () => {
    const leaving = run([{ type: 'response_started' }, done({ ...ended, spoke: false })], TALKING).state
    const { effects } = run([ring('farewell')], leaving)
    expect(kinds(effects)).toEqual(['leave', 'finish'])
    expect(effects[0]).toMatchObject({ say: expect.stringContaining('Goodbye') })
    const saying = run([{ type: 'response_started' }, { type: 'audio_started' }, ring('farewell')], leaving)
    expect(saying.effects.find((effect) => effect.type === 'leave')).toMatchObject({ say: null })
    const before = run([{ type: 'audio_started' }, { type: 'session_lost', reason: 'gone' }], leaving)
    expect(before.effects.find((effect) => effect.type === 'leave')).toMatchObject({
      say: expect.stringContaining('Goodbye'),
    })
  })

  it.each(['failed', 'incomplete', 'completed'] as const)(
    '[L9] a goodbye that is %s without a sound: the carrier says one',
    (status) => {
      const leaving = run([{ type: 'response_started' }, done(), ring('time_limit')], TALKING).state
      const { effects } = run([{ type: 'response_started' }, done({ status, spoke: false })], leaving)
      expect(effects.find((effect) => effect.type === 'leave')).toMatchObject({
        say: expect.stringContaining('oodbye'),
      })
    },
  )

  it('[L9] a goodbye that has begun gets its time from its beginning', () => {
    const leaving = run([{ type: 'response_started' }, done({ ...ended, spoke: false })], TALKING).state
    expect(run([{ type: 'response_started' }], leaving).effects).toContainEqual({
      type: 'start_timer',
      timer: 'farewell',
    })
  })

  it('[L9] a goodbye that was still to be asked for is forgotten when the caller speaks into it', () => {
    const busy = run([{ type: 'response_started' }, done({ ...ended, spoke: false })], TALKING).state
    const back = run([{ type: 'response_started' }, { type: 'speech_started' }, { type: 'speech_stopped' }], busy).state
    expect([back.name, back.gate.asked, back.gate.waiting]).toEqual(['talking', null, null])
    expect(asked(run([done({ status: 'cancelled' }), { type: 'response_started' }, done()], back).effects)).toEqual([])
  })

  it('[L9] at the time limit what is still to be heard is taken back, and the goodbye asked for', () => {
    const heard = run([{ type: 'response_started' }, { type: 'audio_started' }, done()], TALKING).state
    const { state, effects } = run([ring('time_limit')], heard)
    expect(effects[0]).toEqual({ type: 'interrupt_playback', by: 'time_limit' })
    expect(asked(effects)).toEqual(['farewell'])
    expect(run(round, state).state.name).toBe('ended')
    expect(kinds(run([ring('time_limit')], idle).effects)).not.toContain('interrupt_playback')
  })

  it('[L9] a caller is not heard out again after the time limit', () => {
    const leaving = run([{ type: 'response_started' }, { type: 'audio_started' }, done(ended)], TALKING).state
    expect(run([ring('time_limit'), { type: 'speech_started' }], leaving).state.name).toBe('leaving')
  })

  it('[L9] time that is up before the agent could greet ends with a goodbye', () => {
    const { state, effects } = run([
      { type: 'stream_opened' },
      ring('time_limit'),
      { type: 'session_ready', version: 0 },
    ])
    expect([state.name, asked(effects)]).toEqual(['leaving', ['farewell']])
  })

  it('[L6] a model lost before its goodbye: the carrier says one', () => {
    const leaving = run([{ type: 'response_started' }, done({ ...ended, spoke: false })], TALKING).state
    const { effects } = run([{ type: 'session_lost', reason: 'gone' }], leaving)
    expect(effects.find((effect) => effect.type === 'leave')).toMatchObject({ say: expect.stringContaining('Goodbye') })
  })

  it('a supervisor ends the call at once', () => {
    const { effects } = run([{ type: 'hang_up_commanded', by: 'Dana', outcome: 'resolved', say: null }], TALKING)
    expect(kinds(effects)).toEqual(['interrupt_playback', 'leave', 'finish'])
    expect(effects.at(-1)).toMatchObject({
      end_reason: 'Dana ended the call.',
      outcome: 'resolved',
      by_supervisor: true,
    })
  })
})

describe('call machine: tools', () => {
  it('[L12] malformed arguments and unknown tools are answered and said to have failed', () => {
    const { effects } = run(
      [
        { type: 'response_started' },
        done({ spoke: false, tool_calls: [tool('end_call', '{"outcome":'), tool('dance')] }),
      ],
      idle,
    )
    expect(effects.filter((effect) => effect.type === 'answer_tool').map((effect) => effect.failed)).toEqual([
      true,
      true,
    ])
    expect(asked(effects)).toEqual(['reply'])
  })

  it('[L12] one that spoke is told that its tools cannot be used, and goes on; but not for ever', () => {
    const spoken: CallEvent[] = [
      { type: 'response_started' },
      done({ tool_calls: [tool('end_call', '{"outcome":')] }),
      { type: 'playback_idle' },
    ]
    const once = run(spoken, idle)
    expect(asked(once.effects)).toEqual(['reply'])
    expect(asked(run([...spoken, ...spoken, ...spoken, ...spoken], idle).effects)).toEqual(['reply', 'reply'])
    const ends = run([{ type: 'response_started' }, done({ spoke: false, tool_calls: [tool('end_call', '')] })], idle)
    expect([ends.state.name, asked(ends.effects)]).toEqual(['leaving', ['farewell']])
  })

  it('[L12] tool calls of a response that is not complete do not count: it is asked for once more', () => {
    const cut = done({
      status: 'incomplete',
      reason: 'max_output_tokens',
      spoke: false,
      tool_calls: [tool('escalate')],
    })
    const { effects } = run([{ type: 'response_started' }, cut], idle)
    expect([asked(effects), kinds(effects)]).toEqual([['reply'], expect.not.arrayContaining(['answer_tool'])])
  })

  it('[L12] tool calls of a cancelled response do not count', () => {
    expect(
      kinds(
        run([{ type: 'response_started' }, done({ status: 'cancelled', tool_calls: [tool('end_call', {})] })], TALKING)
          .effects,
      ),
    ).toEqual(['start_timer', 'stop_timer'])
  })

  it('[L11] several tools of one silent response are all answered before one reply is asked for', () => {
    const calls = [tool('escalate', { reason: 'x', urgency: 'high' }), tool('unknown')]
    const { effects } = run([{ type: 'response_started' }, done({ spoke: false, tool_calls: calls })], TALKING)
    const order = kinds(effects).filter((kind) => kind === 'answer_tool' || kind === 'create_response')
    expect(order).toEqual(['answer_tool', 'answer_tool', 'create_response'])
  })

  it('[L11] the goodbye alone is asked for when one of several tools ends the call', () => {
    const calls = [tool('end_call', { outcome: 'escalated', summary: 's' }), tool('escalate', { reason: 'x' })]
    const { effects } = run([{ type: 'response_started' }, done({ spoke: false, tool_calls: calls })], TALKING)
    expect(asked(effects)).toEqual(['farewell'])
  })

  it('escalate raises and, when nothing was said, lets the agent go on', () => {
    const { effects } = run(
      [
        { type: 'response_started' },
        done({ spoke: false, tool_calls: [tool('escalate', { reason: 'wants a person', urgency: 'high' })] }),
      ],
      TALKING,
    )
    expect(kinds(effects).filter((kind) => !kind.endsWith('_timer'))).toEqual([
      'raise_escalation',
      'answer_tool',
      'create_response',
    ])
  })
})

describe('call machine: any order of events', () => {
  const events: fc.Arbitrary<CallEvent> = fc.oneof(
    fc.constantFrom<CallEvent>(
      { type: 'stream_opened' },
      { type: 'stream_ended', how: 'lost', reason: null },
      { type: 'stream_failed', reason: 'no socket' },
      { type: 'carrier_ended', status: 'completed' },
      { type: 'session_ready', version: 0 },
      { type: 'session_failed', reason: 'no' },
      { type: 'session_lost', reason: 'gone' },
      { type: 'speech_started' },
      { type: 'speech_stopped' },
      { type: 'response_started' },
      { type: 'audio_started' },
      { type: 'playback_idle' },
      REFUSED,
      TOO_EARLY,
      { type: 'hang_up_commanded', by: 'Dana', outcome: null, say: null },
      { type: 'digit_pressed', digit: '4' },
      done(),
      done({ status: 'failed' }),
      done({ status: 'cancelled' }),
      done({ spoke: false, tool_calls: [tool('end_call', { outcome: 'resolved' })] }),
      done({ tool_calls: [tool('escalate', {})] }),
    ),
    fc
      .constantFrom('stream', 'session', 'time_limit', 'farewell', 'instructions', 'response', 'digits')
      .map((timer): CallEvent => ({ type: 'timer_rang', timer: timer as 'stream' })),
    fc.record({
      type: fc.constant('context_overridden' as const),
      version: fc.integer({ min: 1, max: 9 }),
      speak_now: fc.boolean(),
    }),
    fc.record({ type: fc.constant('instructions_confirmed' as const), version: fc.integer({ min: 1, max: 9 }) }),
  )

  it('[L1][L10][L13] invariants hold after every step', () => {
    fc.assert(
      fc.property(fc.array(events, { maxLength: 60 }), (sequence) => {
        let state = NEW_CALL
        let finishes = 0
        let greetings = 0
        for (const event of sequence) {
          const before = state
          const next = step(state, event)
          state = next.state
          finishes += next.effects.filter((effect) => effect.type === 'finish').length
          greetings += next.effects.filter(
            (effect) => effect.type === 'create_response' && effect.kind === 'greeting',
          ).length
          expect(finishes).toBe(state.name === 'ended' ? 1 : 0)
          expect(next.effects.filter((effect) => effect.type === 'create_response').length).toBeLessThanOrEqual(1)
          if (before.name === 'ended') expect(state.name).toBe('ended')
          if (before.name !== 'opening') expect(state.name).not.toBe('opening')
          expect(state.leaving !== null || state.name !== 'leaving').toBe(true)
          expect(structuredClone(state)).toEqual(JSON.parse(JSON.stringify(state)))
        }
        expect(greetings).toBeLessThanOrEqual(2)
      }),
      { numRuns: 2_000 },
    )
  })
})
