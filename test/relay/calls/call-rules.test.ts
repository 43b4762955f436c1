import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { measure, raise } from '../../../relay/calls/attention.ts'
import { reviveDates } from '../../../relay/calls/call-facts.ts'
import { isTerminal, nextStatus } from '../../../relay/calls/call-status.ts'
import { addResponseUsage, addTranscriptionUsage, NO_USAGE, priceCall } from '../../../relay/calls/cost.ts'
import { decideOutcome } from '../../../relay/calls/outcome.ts'
import { PRICES } from '../../../relay/calls/prices.ts'
import { CALL_STATUSES } from '../../../shared/contract/calls.ts'

describe('call status', () => {
  it('reports in any order, late and doubled, lead to one end', () => {
    fc.assert(
      fc.property(
        fc.shuffledSubarray(['queued', 'initiated', 'ringing', 'in-progress', 'completed'] as const, { minLength: 5 }),
        fc.array(fc.constantFrom(...CALL_STATUSES.slice(0, 5))),
        (order, doubles) => {
          expect([...order, ...doubles].reduce(nextStatus, 'queued' as (typeof CALL_STATUSES)[number])).toBe(
            'completed',
          )
        },
      ),
    )
  })
  it('a terminal status never changes', () => {
    for (const end of CALL_STATUSES.filter(isTerminal))
      for (const other of CALL_STATUSES) expect(nextStatus(end, other)).toBe(end)
  })
})

describe('outcome', () => {
  const nothing = {
    said_by_agent: null,
    said_by_supervisor: null,
    escalated: false,
    failed: false,
    caller_spoke: true,
    agent_heard: true,
  } as const
  it.each([
    [{ ...nothing, said_by_supervisor: 'resolved', said_by_agent: 'unresolved' }, 'resolved'],
    [{ ...nothing, said_by_agent: 'unresolved', failed: true }, 'unresolved'],
    [{ ...nothing, failed: true, escalated: true }, 'failed'],
    [{ ...nothing, escalated: true }, 'escalated'],
    [{ ...nothing, caller_spoke: false }, 'abandoned'],
    [nothing, 'unresolved'],
  ] as const)('the first rule that fits wins: %j', (facts, outcome) => expect(decideOutcome(facts)).toBe(outcome))
})

describe('cost', () => {
  const usage = {
    input_tokens: 1_000,
    output_tokens: 300,
    input_token_details: {
      text_tokens: 400,
      audio_tokens: 600,
      cached_tokens: 500,
      cached_tokens_details: { text_tokens: 300, audio_tokens: 200 },
    },
    output_token_details: { text_tokens: 100, audio_tokens: 200 },
  }
  it('cached tokens are counted once: (in - cached) at full price, cached at theirs', () => {
    const cost = priceCall(
      addResponseUsage(NO_USAGE, usage),
      { model: 'gpt-realtime-2.1', transcription_model: null, direction: 'inbound', seconds: 0 },
      PRICES,
    )
    expect(cost.model).toBeCloseTo((100 * 4 + 300 * 0.4 + 400 * 32 + 200 * 0.4 + 100 * 24 + 200 * 64) / 1e6, 6)
  })
  it('without the split, text is taken as cached first and the figure is an estimate', () => {
    const counted = addResponseUsage(NO_USAGE, {
      ...usage,
      input_token_details: { text_tokens: 400, audio_tokens: 600, cached_tokens: 500 },
    })
    expect(counted).toMatchObject({ cached_text_tokens: 400, cached_audio_tokens: 100, is_estimate: true })
  })
  it('transcription and started carrier minutes are priced', () => {
    const counted = addTranscriptionUsage(
      NO_USAGE,
      { type: 'duration', seconds: 120 },
      PRICES.transcription['gpt-transcribe'],
    )
    expect(
      priceCall(
        counted,
        { model: 'gpt-realtime-2.1', transcription_model: 'gpt-transcribe', direction: 'inbound', seconds: 61 },
        PRICES,
      ),
    ).toEqual({ model: 0.009, carrier: 0.0258 })
  })
})

describe('attention', () => {
  const now = new Date(60_000)
  it('the most urgent stands first; a reason raised again keeps its age', () => {
    const first = raise(
      [],
      { reason: 'escalation_keyword', evidence: 'a manager', speaker: 'caller', words: ['manager'] },
      new Date(1_000),
    )
    const second = raise(
      first,
      { reason: 'asked_for_a_person', evidence: 'wants a person', speaker: null, words: [] },
      now,
    )
    expect(second.map((item) => [item.reason, item.level])).toEqual([
      ['asked_for_a_person', 3],
      ['escalation_keyword', 2],
    ])
    expect(
      raise(second, { reason: 'escalation_keyword', evidence: 'again', speaker: 'caller', words: [] }, now)[1]
        ?.since_at,
    ).toEqual(new Date(1_000))
  })
  it('an agent that asks for help needs somebody, and at once when it says so', () => {
    const help = { reason: 'agent_asks_for_help' as const, evidence: 'cannot help', speaker: null, words: [] }
    expect(raise([], help, now)).toEqual([{ ...help, level: 2, since_at: now }])
    expect(raise([], { ...help, is_urgent: true }, now)).toEqual([{ ...help, level: 3, since_at: now }])
  })
  it('measured reasons come and go by themselves', () => {
    const calm = { silence_ms: 0, reply_gaps_ms: [900], elapsed_seconds: 10, max_call_duration: 1_800 }
    const slow = measure([], { ...calm, reply_gaps_ms: [900, 4_200, 5_100], silence_ms: 11_000 }, now)
    expect(slow.map((item) => item.reason).sort()).toEqual(['long_silence', 'slow_replies'])
    expect(measure(slow, calm, now)).toEqual([])
    expect(measure([], calm, now)).toEqual([])
  })
})

describe('facts on disk', () => {
  it('dates come back as dates, people’s own texts stay texts', () => {
    const fact = {
      at: new Date(5),
      turn: { ended_at: new Date(6), arguments: { at: '2026-01-01T00:00:00.000Z' } },
      context: { expires_at: '2026-01-01T00:00:00.000Z' },
      text: '2026-01-01T00:00:00.000Z',
    }
    expect(reviveDates(JSON.parse(JSON.stringify(fact)))).toEqual(fact)
  })
})
