import { describe, expect, it } from 'vitest'
import { type BrainInput, type BrainItem, think } from '../../../relay/simulator/brain.ts'
import { telephoneSession } from './tiny-relay.ts'

const PROMPT = 'You are Mia for Acme Corporation.\n\nContext (JSON):\n'
const context = (fields: object) => PROMPT + JSON.stringify(fields)
const tools = telephoneSession('').tools as unknown as BrainInput['tools']
const user = (text: string): BrainItem => ({ kind: 'user', text })
const agent = (text: string): BrainItem => ({ kind: 'assistant', text })

function ask(items: BrainItem[], overrides: Partial<BrainInput> = {}) {
  return think({
    instructions: context({
      refund_policy: '30 days, original card',
      hours: { monday: '9 to 5' },
      free_parking: true,
    }),
    isOrder: false,
    previous_instructions: null,
    items,
    tools,
    tool_choice: 'auto',
    modality: 'audio',
    isOutOfBand: false,
    seed: 's',
    ...overrides,
  })
}

describe('brain', () => {
  it('answers a question from the context, and differently once the context changed', () => {
    const question = [agent('Hello.'), user('What is your refund policy?')]
    expect(ask(question).text).toContain('The refund policy is 30 days, original card.')
    expect(ask(question, { instructions: context({ refund_policy: '60 days' }) }).text).toContain('60 days')
  })
  it('reads nested keys, booleans, `key: value` lines and plain sentences', () => {
    expect(ask([user('What are your hours on Monday?')]).text).toContain('9 to 5')
    expect(ask([user('Is there free parking?')]).text).toContain('Yes')
    const lines = {
      instructions: 'You help.\n- Late fee: 15 dollars\n\nOur warranty is two years on all parts.',
    }
    expect(ask([user('How much is the late fee?')], lines).text).toContain('15 dollars')
    expect(ask([user('Do I have a warranty?')], lines).text).toContain('two years')
  })
  it('lets the last note win over the prompt', () => {
    const items: BrainItem[] = [
      user('Hi.'),
      agent('Hello.'),
      { kind: 'system', text: 'refund_policy: 90 days' },
      user('What is the refund policy?'),
    ]
    expect(ask(items).text).toContain('90 days')
  })
  it('speaks a quoted text word for word, also behind a whole prompt', () => {
    const order = `${context({ a: 1 })}\n\nBegin the call now by saying exactly: "Thanks for calling. What's up?"`
    expect(ask([], { instructions: order, isOrder: true }).text).toBe("Thanks for calling. What's up?")
    expect(ask([], { instructions: 'Say this to the caller, word for word: Please hold.', isOrder: true }).text).toBe(
      'Please hold.',
    )
  })
  it('greets as told, and by name and company when told nothing', () => {
    expect(ask([], { instructions: 'Greet the caller with: "Acme here."' }).text).toBe('Acme here.')
    expect(ask([]).text).toBe('Hello, thank you for calling Acme Corporation. This is Mia. How can I help you today?')
  })
  it('tells what changed when ordered to', () => {
    const order = `${context({ refund_policy: '60 days' })}\n\nThe context has just changed. Tell the caller now, in one or two sentences, what is new for them.`
    const said = ask([user('Hi.'), agent('Hello.')], {
      instructions: order,
      isOrder: true,
      previous_instructions: context({ refund_policy: '30 days' }),
    })
    expect(said.text).toBe('I have news for you. The refund policy is 60 days.')
  })
  it('admits what it does not know, and answers it when the context brings it', () => {
    const first = ask([user('Do you sell kayaks?')])
    expect(first.text).toContain("I don't have that in front of me")
    const later = [user('Do you sell kayaks?'), agent(first.text), user('No, that is fine.')]
    expect(ask(later, { instructions: context({ kayaks: 'sold from May on' }) }).text).toContain('sold from May on')
  })
  it('escalates for a person or distress, once, with arguments its schema accepts', () => {
    const wish = ask([agent('Hello.'), user('I want to talk to a real person.')])
    expect(wish.calls).toEqual([
      { name: 'escalate', arguments: { reason: 'I want to talk to a real person.', urgency: 'normal' } },
    ])
    const why = ['caller_asks', 'distress', 'cannot_help']
    const tools = [
      {
        name: 'escalate',
        parameters: { type: 'object', properties: { why: { type: 'string', enum: why } }, required: ['why'] },
      },
    ]
    const reasons = ['I want to talk to a real person.', 'This is ridiculous, I am furious!'].map(
      (said) => ask([agent('Hello.'), user(said)], { tools }).calls[0]?.arguments.why,
    )
    expect(reasons).toEqual(['caller_asks', 'distress'])
    const angry = ask([agent('Hello.'), user('This is ridiculous, I am furious!')])
    expect(angry.calls[0]).toMatchObject({ name: 'escalate', arguments: { urgency: 'normal' } })
    const urgent = ask([agent('Hello.'), user('There is smoke, this is an emergency!')])
    expect(urgent.calls[0]).toMatchObject({ name: 'escalate', arguments: { urgency: 'high' } })
    const again = ask([
      user('A manager!'),
      { kind: 'call', name: 'escalate', call_id: 'c', arguments: '{}' },
      { kind: 'output', call_id: 'c', output: '{}' },
      agent('Soon.'),
      user('I want a person.'),
    ])
    expect(again.calls).toEqual([])
  })
  it('says goodbye and ends the call with an outcome of the schema', () => {
    const end = ask([
      user('What is the refund policy?'),
      agent('Is there anything else?'),
      user("No, that's all. Thank you. Goodbye."),
    ])
    expect(end.text).toMatch(/goodbye/i)
    expect(end.calls).toMatchObject([{ name: 'end_call', arguments: { outcome: 'resolved' } }])
    expect(ask([agent('Would you like a colleague?'), user("No, that's all right.")]).calls).toEqual([])
  })
  it('a caller who asked for a person and says goodbye before one came was escalated, whatever else was answered', () => {
    const asked: BrainItem[] = [
      user('Can I speak to a manager?'),
      { kind: 'call', name: 'escalate', call_id: 'c', arguments: '{}' },
      { kind: 'output', call_id: 'c', output: '{}' },
      agent("I'm sorry, I don't have that in front of me."),
      user('Never mind. Goodbye.'),
    ]
    expect(ask(asked).calls).toMatchObject([
      {
        name: 'end_call',
        arguments: { outcome: 'escalated', summary: expect.stringContaining('A colleague was asked to help.') },
      },
    ])
  })
  it('obeys a forced tool and tool_choice none', () => {
    expect(ask([user('Hi')], { tool_choice: { type: 'function', name: 'end_call' } })).toMatchObject({
      text: '',
      calls: [{ name: 'end_call' }],
    })
    expect(ask([user('I want a person')], { tool_choice: 'none' }).calls).toEqual([])
  })
  it('speaks the result of a tool, says nothing after end_call, and follows a whispered note', () => {
    const call = (name: string): BrainItem => ({ kind: 'call', name, call_id: 'c', arguments: '{}' })
    const output = (text: string): BrainItem => ({ kind: 'output', call_id: 'c', output: text })
    expect(ask([user('x'), call('ask_supervisor'), output('{"answer":"Yes, twice a year"}')]).text).toContain(
      'Yes, twice a year.',
    )
    expect(ask([user('x'), call('end_call'), output('{}')]).text).toBe('')
    expect(ask([agent('Hi'), { kind: 'system', text: 'Supervisor note: Offer a 10% discount.' }]).text).toContain(
      'I can offer you a 10% discount.',
    )
  })
  it('keeps a conversation going when no words can be read', () => {
    expect(ask([agent('Hello.'), user('(speech, 2.1 s)')]).text).toMatch(/\?$/)
  })
  it('answers beside the call as JSON where JSON is asked for', () => {
    const side = ask([user('Where is my order?')], {
      isOutOfBand: true,
      modality: 'text',
      isOrder: true,
      instructions: 'Reply in JSON with outcome and summary.',
    })
    expect(JSON.parse(side.text)).toHaveProperty('summary')
  })
  it('gives the same answer to the same conversation', () => {
    const items = [agent('Hello.'), user('What is your refund policy?')]
    expect(ask(items)).toEqual(ask(items))
  })
})
