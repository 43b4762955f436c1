// The end of a call that nobody carries any more: what its record says of it.
import { describe, expect, it } from 'vitest'
import type { CallRecord } from '../../../relay/calls/call-facts.ts'
import { endedFact } from '../../../relay/calls/close-open-calls.ts'
import type { TurnRecord } from '../../../relay/calls/transcript.ts'

const STARTED = new Date('2030-01-01T09:00:00.000Z')
const SAID = new Date('2030-01-01T09:00:10.000Z')
const closed = (transcript: object[]) =>
  endedFact(
    { started_at: STARTED, answered_at: STARTED, transcript: transcript as TurnRecord[] } as CallRecord,
    'The relay stopped during the call.',
  )
const said = (rule_words: string[]) => ({ kind: 'speech', speaker: 'caller', at: SAID, text: 'A manager!', rule_words })

describe('a call that ended suddenly', () => {
  it.each([
    ['a keyword had fired', [said(['manager'])], true],
    ['the agent had called the tool', [{ kind: 'tool', name: 'escalate', failed: false, at: SAID }], true],
    ['nobody was asked for', [said([])], false],
  ])('is escalated when an escalation was raised before: %s', (_how, transcript, escalated) => {
    expect(closed(transcript)).toMatchObject({ type: 'call_ended', outcome: 'failed', escalated, duration_seconds: 10 })
  })
})
