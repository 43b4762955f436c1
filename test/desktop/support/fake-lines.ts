// What each call of the floor is doing at noon, as a table.
import type { Attention, Phase } from '../../../shared/contract/calls.ts'
import type { AgentKey } from './fake-floor.ts'
import { DANA, MARCO, PRIYA } from './fake-floor.ts'

export interface Line {
  agent: AgentKey
  number: string
  seconds: number
  phase: Phase
  since_s?: number
  tool?: string
  gap_s?: number
  line?: string
  partial?: boolean
  by?: 'caller' | 'agent'
  fails?: boolean
  attention?: Omit<Attention, 'since_at'> & { age_s: number }
  listeners?: { id: string; name: string }[]
  ended?: 'resolved' | 'transferred'
}

/** One of the two speaks, and goes on to speak unless its line is whole. */
const talk =
  (phase: 'agent_speaking' | 'caller_speaking', by: 'agent' | 'caller') =>
  (agent: AgentKey, number: string, seconds: number, gap_s: number, line: string, rest: Partial<Line> = {}): Line => ({
    agent,
    number,
    seconds,
    phase,
    gap_s,
    line,
    by,
    partial: by === 'caller',
    ...rest,
  })
const speaking = talk('agent_speaking', 'agent')
const listening = talk('caller_speaking', 'caller')
const running = (number: string, seconds: number, since_s: number, gap_s: number, line: string): Line => ({
  agent: 'orders',
  number,
  seconds,
  phase: 'tool_running',
  since_s,
  tool: 'lookup_order',
  gap_s,
  line,
  by: 'agent',
  fails: true,
})
const thinking = (
  agent: AgentKey,
  number: string,
  seconds: number,
  since_s: number,
  gap_s: number,
  line: string,
  rest: Partial<Line> = {},
): Line => ({
  agent,
  number,
  seconds,
  phase: 'agent_thinking',
  since_s,
  gap_s,
  line,
  by: 'caller',
  ...rest,
})

const FAIL = { fails: true } as const
export const LINES: readonly Line[] = [
  speaking('billing', '+14155550142', 252, 0.9, 'Of course. I can bring in a colleague, and while I', {
    partial: true,
    listeners: [DANA, PRIYA],
    attention: {
      level: 3,
      reason: 'asked_for_a_person',
      evidence: 'And who calls me if it doesn’t? Can I talk to a real person, please?',
      speaker: 'caller',
      words: ['a real person'],
      age_s: 21,
    },
  }),
  listening('billing', '+13125550177', 95, 0.7, 'it says the card expires in March but I already'),
  speaking('billing', '+12065550119', 188, 0.8, 'Your next invoice is on the third, for $42.10.'),
  thinking('billing', '+16465550164', 61, 1.2, 1.2, 'Why did my plan go up by six dollars?'),
  speaking('billing', '+15035550108', 571, 0.8, 'I have your file open, Mr Okafor. One moment.'),
  speaking('billing', '+17185550133', 140, 0.6, 'I have moved the payment date to the fifteenth', {
    partial: true,
  }),
  {
    agent: 'billing',
    number: '+19175550151',
    seconds: 326,
    phase: 'silence',
    since_s: 11,
    gap_s: 0.9,
    line: 'I will wait while you find the invoice.',
    by: 'agent',
    attention: {
      level: 1,
      reason: 'long_silence',
      evidence: '11 s without a word',
      speaker: null,
      words: [],
      age_s: 11,
    },
  },
  listening('billing', '+13035550126', 44, 0.7, 'Hi, this is about a refund from last'),
  {
    agent: 'billing',
    number: '+17025550190',
    seconds: 4,
    phase: 'greeting',
    line: 'Thanks for calling Acme billing. This call',
    partial: true,
    by: 'agent',
  },
  {
    agent: 'billing',
    number: '+12135550185',
    seconds: 214,
    phase: 'ended',
    gap_s: 0.7,
    line: 'You are all set. Have a good afternoon.',
    by: 'agent',
    ended: 'resolved',
  },
  speaking('billing', '+14045550172', 118, 0.8, 'The late fee is waived. You will see it in', {
    partial: true,
  }),
  running('+15125550103', 72, 3.1, 4.2, 'Let me look that up for you.'),
  listening('orders', '+16155550147', 131, 4.6, 'you said that already, can you just tell me', FAIL),
  speaking('orders', '+14075550129', 86, 4.1, 'I am having trouble reaching the order system.', FAIL),
  running('+19195550110', 54, 1.8, 3.9, 'One second, checking your order.'),
  listening('orders', '+14805550166', 39, 0.8, 'The number is A-20977, I think, or maybe'),
  thinking('orders', '+16515550138', 103, 3.4, 3.4, 'So where is it now?', FAIL),
  speaking('orders', '+18165550155', 148, 4.0, 'I can send you a text as soon as it moves.', {
    ...FAIL,
    listeners: [PRIYA],
  }),
  running('+16145550112', 47, 0.6, 4.0, 'Thanks, let me find that parcel.'),
  speaking('orders', '+13175550181', 66, 4.4, 'Sorry, it is taking longer than it should.', FAIL),
  listening('orders', '+15025550194', 58, 3.7, 'It was supposed to be a birthday', FAIL),
  running('+19015550106', 90, 4.0, 4.3, 'I am checking with the warehouse.'),
  speaking('orders', '+15045550121', 112, 4.0, 'Could I take your email as well?', FAIL),
  thinking('orders', '+19155550157', 35, 2.2, 2.2, 'Can you change the address?', FAIL),
  speaking('orders', '+15055550143', 22, 0.7, 'Your order left Reno this morning.'),
  {
    agent: 'orders',
    number: '+18085550118',
    seconds: 3,
    phase: 'greeting',
    line: 'Hello, you have reached Acme',
    partial: true,
    by: 'agent',
  },
  listening('orders', '+19075550136', 16, 0.8, 'Hey, just checking on a delivery'),
  speaking('returns', '+16175550169', 203, 0.7, 'The label is in your inbox. Drop the box at', {
    partial: true,
  }),
  listening('returns', '+442079460456', 77, 0.9, 'It sparked and it burned my hand, I am', {
    attention: {
      level: 2,
      reason: 'escalation_keyword',
      evidence: 'It sparked and it burned my hand, I am…',
      speaker: 'caller',
      words: ['burned my hand'],
      age_s: 6,
    },
  }),
  {
    agent: 'returns',
    number: '+18585550114',
    seconds: 344,
    phase: 'agent_speaking',
    line: 'Let me go through the list with you once more.',
    by: 'agent',
    listeners: [MARCO],
    attention: {
      level: 1,
      reason: 'length_over_limit',
      evidence: 'over 5 min',
      speaker: null,
      words: [],
      age_s: 344,
    },
  },
  speaking('returns', '+17275550150', 129, 0.6, 'We can exchange it for a size nine, no charge.'),
  listening('returns', '+33199000043', 51, 1.0, 'Bonjour, je voudrais renvoyer'),
  {
    agent: 'returns',
    number: '+15615550183',
    seconds: 162,
    phase: 'tool_running',
    tool: 'make_label',
    since_s: 0.4,
    gap_s: 0.8,
    line: 'I am creating your return label now.',
    by: 'agent',
  },
  {
    agent: 'returns',
    number: '+12105550127',
    seconds: 290,
    phase: 'ended',
    gap_s: 0.7,
    line: 'Connecting you to the store in San Antonio.',
    by: 'agent',
    ended: 'transferred',
  },
  speaking('berlin', '+493023125417', 84, 0.8, 'Der nächste freie Termin ist am Donnerstag', {
    partial: true,
  }),
  listening('berlin', '+493023125208', 33, 0.7, 'Guten Tag, ich hätte eine Frage zu meiner'),
  speaking('berlin', '+494066969061', 176, 0.9, 'May I offer an appointment outside opening hours?', {
    attention: {
      level: 2,
      reason: 'model_trouble',
      evidence: 'May I offer an appointment outside opening hours?',
      speaker: 'agent',
      words: [],
      age_s: 48,
    },
  }),
  thinking('berlin', '+43100000930', 19, 0.5, 0.6, 'Haben Sie samstags geöffnet?'),
  { agent: 'reminders', number: '+14255550159', seconds: 7, phase: 'ringing' },
  speaking('reminders', '+12535550104', 41, 0.7, 'Does Thursday at ten still work for you?'),
  speaking('reminders', '+15095550148', 28, 0.7, 'This is Acme with a reminder for Thursday', {
    partial: true,
  }),
  listening('reminders', '+13605550171', 56, 0.8, 'Please don’t call me on this number', {
    attention: {
      level: 1,
      reason: 'escalation_keyword',
      evidence: 'Please don’t call me on this number',
      speaker: 'caller',
      words: ['don’t call me'],
      age_s: 9,
    },
  }),
  { agent: 'reminders', number: '+14585550132', seconds: 3, phase: 'ringing' },
  { agent: 'reminders', number: '+19715550113', seconds: 1, phase: 'ringing' },
]
