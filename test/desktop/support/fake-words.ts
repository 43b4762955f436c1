// What is said in the calls that are opened, turn by turn, as the relay would tell it.
import type { CallSummary, NoticeTurn, SpeechTurn, ToolTurn } from '../../../shared/contract/calls.ts'
import { sidOf } from './fake-floor.ts'

// The call that is open in the pictures: a charge taken twice.
/** A turn without its date: that comes from when the call began. */
export type Spoken = Omit<SpeechTurn, 'at'> | Omit<ToolTurn, 'at'> | Omit<NoticeTurn, 'at'>

const speech = (
  turn_index: number,
  speaker: 'caller' | 'agent',
  from_s: number,
  to_s: number | null,
  text: string,
  rest: Partial<SpeechTurn> = {},
): Omit<SpeechTurn, 'at'> => ({
  kind: 'speech',
  turn_id: `turn_${turn_index}`,
  turn_index,
  started_ms: from_s * 1000,
  ended_ms: to_s === null ? null : to_s * 1000,
  is_final: to_s !== null,
  speaker,
  text,
  unheard_text: '',
  heard_ms: null,
  cut_off_by: null,
  reply_gap_ms: null,
  rule_words: [],
  context_version: speaker === 'agent' ? 1 : null,
  ...rest,
})
const tool = (
  turn_index: number,
  from_s: number,
  took_s: number,
  name: string,
  args: Record<string, string>,
  result: string,
  failed = false,
): Omit<ToolTurn, 'at'> => ({
  kind: 'tool',
  turn_id: `turn_${turn_index}`,
  turn_index,
  started_ms: from_s * 1000,
  ended_ms: (from_s + took_s) * 1000,
  is_final: true,
  name,
  arguments: args,
  result,
  failed,
})

const notice = (turn_index: number, at_s: number, text: string): Omit<NoticeTurn, 'at'> => ({
  kind: 'notice',
  turn_id: `turn_${turn_index}`,
  turn_index,
  started_ms: at_s * 1000,
  ended_ms: at_s * 1000,
  is_final: true,
  text,
})

/** A charge taken twice, word by word. */
const CHARGED_TWICE: readonly Spoken[] = [
  speech(1, 'agent', 3, 10, 'Thanks for calling Acme billing. This call may be recorded. How can I help?'),
  speech(2, 'caller', 11, 22, 'Hi, yes, I was charged twice for the same order. It’s been five days.'),
  speech(3, 'agent', 23, 29, 'I’m sorry about that. Could you give me the order number, or the email on the account?', {
    reply_gap_ms: 900,
  }),
  speech(4, 'caller', 36, 42, 'It’s A-20418. Two times eighty-six forty.'),
  tool(5, 43, 0.6, 'lookup_order', { order_id: 'A-20418' }, '2 charges, 1 on hold'),
  speech(
    6,
    'agent',
    44,
    55.6,
    'Thank you. I can see two charges of $86.40 on the 19th. The second is an authorisation hold, and it',
    {
      reply_gap_ms: 2000,
      unheard_text: 'should drop off within seven business days without you having to do anything.',
      heard_ms: 11_600,
      cut_off_by: 'caller',
    },
  ),
  speech(7, 'caller', 56, 64, 'No, no. Seven days? I’ve already waited five. I need that money for rent.'),
  speech(8, 'agent', 65, 72, 'I understand, and I don’t want you waiting. Let me check what I can release today.', {
    reply_gap_ms: 900,
  }),
  tool(9, 72, 4, 'release_hold', { charge_id: 'ch_8841' }, 'Timed out', true),
  speech(10, 'agent', 77, 82, 'That did not go through. I will try once more.', { reply_gap_ms: 5000 }),
  speech(11, 'caller', 83, 85, 'Okay.'),
  speech(12, 'caller', 88, 98, 'Because rent is due on Friday and this is half of it.'),
  speech(13, 'agent', 100, 108, 'I hear you. I am trying the release again now.', { reply_gap_ms: 1200 }),
  speech(14, 'caller', 110, 118, 'And if it fails again?'),
  speech(15, 'agent', 119, 131, 'Then I will find another way to get you the money today.', {
    reply_gap_ms: 900,
  }),
  speech(16, 'caller', 133, 140, 'All right. Go on then.'),
  speech(17, 'agent', 141, 151, 'The release failed again. I am sorry.', { reply_gap_ms: 1000 }),
  speech(18, 'caller', 153, 164, 'So you can’t do anything.'),
  speech(
    19,
    'agent',
    186,
    200,
    'Here is what I can do right now: a $40 credit today, and our payments team will drop the second hold this afternoon.',
    { reply_gap_ms: 12_000, context_version: 5 },
  ),
  speech(20, 'agent', 206, 228, 'You will get a text from us when the hold is gone.', { context_version: 5 }),
  speech(21, 'caller', 231, 239, 'And who calls me if it doesn’t? Can I talk to a real person, please?', {
    rule_words: ['a real person'],
  }),
  speech(22, 'agent', 240, null, 'Of course. I can bring in a colleague, and while I', {
    reply_gap_ms: 900,
    context_version: 5,
  }),
]

/** A call in which much was not heard: words without a transcript, an answer cut off at once, one nobody heard. */
const HALF_HEARD: readonly Spoken[] = [
  speech(1, 'agent', 1, 6, 'Thanks for calling the returns desk. What would you like to send back?'),
  speech(2, 'caller', 8, 14, '(not transcribed)'),
  speech(3, 'agent', 15, 18.2, 'I did not catch that. Is it', {
    reply_gap_ms: 1000,
    unheard_text: 'about an order from the last thirty days, or an older one?',
    heard_ms: 3_200,
    cut_off_by: 'caller',
  }),
  speech(4, 'caller', 18, 27, 'The kettle. The one with the glass. It arrived on Tuesday.'),
  speech(5, 'agent', 28, 28, '', {
    unheard_text: 'Thank you. I can see the kettle here, and it is still within the thirty days.',
    heard_ms: 0,
    cut_off_by: 'caller',
  }),
  speech(6, 'caller', 28, 33, 'No, wait, let me say what it did.'),
  tool(7, 34, 0.5, 'lookup_order', { item: 'kettle' }, '1 order, arrived Tuesday'),
  speech(8, 'agent', 36, 43, 'I’m sorry to hear that. What happened with the kettle?', { reply_gap_ms: 3_100 }),
  notice(9, 44, 'The relay was restarted. The call went on without a second greeting.'),
  speech(10, 'caller', 70, null, 'It sparked and it burned my hand, I am', { rule_words: ['burned my hand'] }),
]

/** A call that is over: settled, and its last sentence cut by the line. */
const SETTLED: readonly Spoken[] = [
  speech(1, 'agent', 1, 5, 'Thanks for calling Acme billing. This call may be recorded. How can I help?'),
  speech(2, 'caller', 7, 13, 'My card was charged before the date you gave me.'),
  speech(3, 'agent', 14, 24, 'I see it: the 3rd instead of the 5th. I can waive the late fee that came of it.', {
    reply_gap_ms: 800,
  }),
  tool(4, 26, 0.7, 'waive_fee', { invoice: 'A-20977' }, '$12.00 waived'),
  speech(5, 'caller', 30, 33, 'Perfect, thank you.'),
  speech(6, 'agent', 34, 38, 'You are all set. Have a good afternoon.', { reply_gap_ms: 700 }),
  speech(7, 'caller', 39, 40, '(not transcribed)'),
  speech(8, 'agent', 41, 41, '', { unheard_text: 'Goodbye.', heard_ms: 0 }),
]

/** What was said in a call so far. */
export function wordsOf(call: CallSummary): readonly Spoken[] {
  if (call.call_sid === sidOf(1)) return CHARGED_TWICE
  if (call.call_sid === sidOf(29)) return HALF_HEARD
  if (call.call_sid === sidOf(10)) return SETTLED
  return lastWords(call)
}

const ASKED: Record<string, string> = {
  '+16175550169': 'So where do I take it, and do I need the box it came in?',
  '+493023125417': 'Haben Sie diese Woche noch etwas frei, am liebsten vormittags?',
  '+12535550104': 'Yes, this is she. What is it about?',
}

function lastWords(call: CallSummary): readonly Spoken[] {
  const line = call.live?.last_line
  const seconds = Math.max(14, (Date.parse(call.ended_at ?? call.started_at) - Date.parse(call.started_at)) / 1000)
  const greeting = speech(1, 'agent', 1, 5, 'Thanks for calling Acme. How can I help?')
  if (!line) return call.ended_at ? [greeting] : []
  const speaker = line.speaker === 'supervisor' ? 'agent' : line.speaker
  const asked = ASKED[call.direction === 'inbound' ? call.from_number : call.to_number]
  return [
    greeting,
    ...(asked ? [speech(2, 'caller', 6, 11, asked)] : []),
    speech(3, speaker, seconds - 7, line.is_final ? seconds - 2 : null, line.text, {
      reply_gap_ms: speaker === 'agent' ? (call.live?.reply_gap_ms ?? null) : null,
    }),
  ]
}
