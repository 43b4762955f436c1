// Which words of a caller fire, and what of a call says that it asked for a person.
import { describe, expect, it } from 'vitest'
import { escalationRules, isEscalated, wordsThatFired } from '../../../relay/calls/escalation.ts'
import type { TurnRecord } from '../../../relay/calls/transcript.ts'

const fired = (text: string, ...keywords: string[]) => wordsThatFired(text, { keywords })

describe('escalation keywords', () => {
  it('fire as whole words, in any case and spacing, in the spelling of the caller', () => {
    expect(fired('Can I talk to a REAL  person, please?', 'real person', 'lawyer')).toEqual(['REAL  person'])
    expect(fired('My lawyers and the manager will hear of it', 'lawyer', 'man')).toEqual([])
    expect(fired('It says c++ (yes) here', 'c++ (yes)')).toEqual(['c++ (yes'])
    expect(fired('Option c', 'c++')).toEqual([])
  })

  it.each([
    ['I can’t wait', "can't", 'can’t'],
    ["I can't wait", 'can’t', "can't"],
    ['I canʼt wait', '“can’t”', 'canʼt'],
  ])('apostrophes and quotes are the same however they are written: %s', (text, keyword, spelling) => {
    expect(fired(text, keyword)).toEqual([spelling])
  })

  it.each([
    ['Let me speak to a, manager now', 'speak to a, manager'],
    ['Let me speak\nto a -- manager now', 'speak\nto a -- manager'],
    ['Let me speak-to-a-manager now', 'speak-to-a-manager'],
  ])('punctuation and line breaks between words do not matter: %s', (text, spelling) => {
    expect(fired(text, 'speak to a manager')).toEqual([spelling])
    expect(fired(text, 'Speak-to-a manager!')).toEqual([spelling])
  })

  it.each([
    ['Chinese', '我要找真人客服。', '真人客服', '真人客服'],
    ['Chinese beside Latin letters', '找AI客服吧', 'ai', 'AI'],
    ['Japanese', 'マネージャーを呼んで', 'マネージャー', 'マネージャー'],
    ['Japanese in half the width', 'ﾏﾈｰｼﾞｬｰを呼んで', 'マネージャー', 'ﾏﾈｰｼﾞｬｰ'],
    ['Thai', 'ขอคุยกับผู้จัดการหน่อย', 'ผู้จัดการ', 'ผู้จัดการ'],
    ['Thai, taken apart', 'ขอนําไป', 'นำ', 'นํา'],
  ])('of a script without spaces fire inside running text: %s', (_script, text, keyword, spelling) => {
    expect(fired(text, keyword)).toEqual([spelling])
  })

  it.each([
    ['Le gérant !', 'gérant'],
    ['ผู้จัดการ', 'ผู้จัดการ'],
    ['상담원 부탁해요', '상담원'],
    ['Tiệm này', 'tiệm'],
  ])('composed and taken apart are the same text, and the caller’s spelling stays: %s', (text, keyword) => {
    for (const form of ['NFC', 'NFD'] as const)
      for (const said of [text.normalize('NFC'), text.normalize('NFD')]) {
        const [spelling] = fired(said, keyword.normalize(form))
        expect(said).toContain(spelling)
        expect(spelling?.normalize('NFC').toLowerCase()).toBe(keyword)
      }
  })

  it('a mark makes another letter, and no word ends before one', () => {
    expect(fired('cafe\u0301', 'cafe')).toEqual([])
    expect(fired('がか', 'か')).toEqual(['か'])
  })

  it.each([
    ['STRASSE', 'straße'],
    ['ΟΔΟΣ', 'οδος'],
    ['İnsan', 'insan'],
    ['ＭＡＮＡＧＥＲ', 'manager'],
    ['man\u00adager', 'Manager'],
  ])('case and width are folded as Unicode does: %s', (text, keyword) => {
    expect(fired(text, keyword)).toEqual([text])
  })

  it('one that is empty or only punctuation never fires', () => {
    expect(fired('Well... (what?!) +++ —', '', ' ', '...', '?!', '—', '+++')).toEqual([])
  })

  it('each is found once', () => {
    expect(fired('Manager! I said manager.', 'manager', 'MANAGER', 'manager ')).toEqual(['Manager'])
  })

  it('rules that lost their form ask for nothing', () => {
    expect(escalationRules({ escalation_rules: { keywords: 'help' } })).toEqual({ keywords: [] })
    expect(escalationRules({})).toEqual({ keywords: [] })
  })
})

describe('a call’s turns say whether an escalation was raised', () => {
  const speech = (rule_words: string[]) => ({ kind: 'speech', speaker: 'caller', rule_words }) as unknown as TurnRecord
  const tool = (name: string, failed: boolean) => ({ kind: 'tool', name, failed }) as TurnRecord
  it.each([
    ['by a keyword', [speech([]), speech(['manager'])], true],
    ['by the tool', [tool('escalate', false), tool('end_call', false)], true],
    ['not by a tool that could not be used', [tool('escalate', true)], false],
    ['not by other words and tools', [speech([]), tool('end_call', false)], false],
  ])('%s', (_how, turns, raised) => {
    expect(isEscalated(turns)).toBe(raised)
  })
})
