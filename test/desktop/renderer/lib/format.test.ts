import { describe, expect, it } from 'vitest'
import {
  countOf,
  formatAge,
  formatAverage,
  formatCallTime,
  formatClock,
  formatCost,
  formatCostRate,
  formatCount,
  formatDate,
  formatDays,
  formatDelay,
  formatNumber,
  formatRate,
  formatReportCost,
  formatSince,
  initials,
  lastDigits,
  maskNumber,
} from '../../../../desktop/renderer/lib/format.ts'
import { stressed } from '../../../../desktop/renderer/lib/wording.ts'

describe('how things are written', () => {
  it.each([
    ['+14155550142', '+1 415 ••• 0142'],
    ['+442079460456', '+44 20 •••• 0456'],
    ['+493023125417', '+49 30 ••••• 417'],
    ['+33199001243', '+33 1 •• •• •• 43'],
    ['anonymous', 'anonymous'],
    ['', ''],
  ])('a caller %s is masked as %s', (number, shown) => {
    expect(maskNumber(number)).toBe(shown)
  })

  it('a masked number never shows its middle', () => {
    for (const number of ['+14155550142', '+442079460456', '+493023125417', '+4366412345678']) {
      expect(maskNumber(number).replace(/\D/g, '').length).toBeLessThan(number.length - 2)
    }
  })

  it('a number of ours is in full', () => {
    expect(formatNumber('+13125550188')).toBe('+1 312 555 0188')
    expect(lastDigits('+14155550142')).toBe('0142')
    expect(lastDigits('anonymous')).toBe('anonymous')
  })

  it('times: call, age, since', () => {
    expect(formatCallTime(252_000)).toBe('04:12')
    expect(formatCallTime(3_852_000)).toBe('1:04:12')
    expect(formatCallTime(-5)).toBe('00:00')
    expect(formatAge(21_000)).toBe('0:21')
    expect(formatAge(74_000)).toBe('1:14')
    expect(formatAge(600_000)).toBe('10:00')
    expect(formatSince(11_000)).toBe('11 s')
    expect(formatSince(160_000)).toBe('2:40')
    expect(formatAverage(151.6)).toBe('2:32')
  })

  it('delays: tenths, milliseconds below a tenth, whole seconds from ten, a dash for none', () => {
    expect(formatDelay(900)).toBe('0.9 s')
    expect(formatDelay(38)).toBe('38 ms')
    expect(formatDelay(12_000)).toBe('12 s')
    expect(formatDelay(null)).toBe('–')
  })

  it('money: cents of a call, dollars of a report, three places of a rate', () => {
    expect(formatCost(0.41)).toBe('$0.41')
    expect(formatReportCost(2318.4)).toBe('$2,318')
    expect(formatReportCost(3.2)).toBe('$3.20')
    expect(formatCostRate(0.108)).toBe('$0.108')
  })

  it('rates with one decimal, and a dash where there is none', () => {
    expect(formatRate(0.832)).toBe('83.2%')
    expect(formatRate(Number.NaN)).toBe('–')
  })

  it('counts with their noun, and a true minus', () => {
    expect(countOf(1, 'call')).toBe('1 call')
    expect(countOf(8412, 'call')).toBe('8,412 calls')
    expect(formatCount(-3)).toBe('−3')
  })

  it('dates in the zone of the tenant, the year only when it is not this one', () => {
    const now = Date.parse('2026-11-23T18:00:00Z')
    expect(formatDate('2026-11-18T15:10:00Z', 'America/Chicago', now)).toBe('18 Nov 09:10')
    expect(formatDate('2025-11-18T15:10:00Z', 'America/Chicago', now)).toBe('18 Nov 2025 09:10')
    expect(formatClock('2026-11-23T18:03:04Z', 'America/Chicago')).toBe('12:03:04')
  })

  it('days of a period, the month once when it is the same', () => {
    const zone = 'America/Chicago'
    expect(formatDays('2026-11-17T06:00:00Z', '2026-11-23T18:00:00Z', zone)).toBe('17–23 Nov')
    expect(formatDays('2026-10-28T06:00:00Z', '2026-11-03T18:00:00Z', zone)).toBe('28 Oct – 3 Nov')
    expect(formatDays('2026-11-23T06:00:00Z', '2026-11-23T18:00:00Z', zone)).toBe('23 Nov')
  })

  it('faces', () => {
    expect(initials('Dana Ortiz')).toBe('DO')
    expect(initials('Cher')).toBe('C')
  })

  it('stresses the words that fired a rule, wherever they stand and whatever is in them', () => {
    expect(stressed('Can I talk to A Real Person?', ['a real person']).map((part) => part.is_stressed)).toEqual([
      false,
      true,
      false,
    ])
    expect(stressed('a+b', ['+'])).toHaveLength(3)
    expect(stressed('plain', [])).toHaveLength(1)
  })

  it.each([
    ['the longest first', 'A real person.', ['real', 'real person'], ['real person']],
    ['in the caller’s own form, also taken apart', 'Le ge\u0301rant, gérant', ['ge\u0301rant'], ['ge\u0301rant']],
    ['never within a letter', 'cafe, cafe\u0301', ['cafe'], ['cafe']],
    ['inside running text', '我要找真人客服', ['真人'], ['真人']],
    ['over a line break', 'to a,\nmanager', ['a,\nmanager'], ['a,\nmanager']],
    ['whatever its case becomes', 'İnsan, lütfen', ['İnsan'], ['İnsan']],
  ])('stresses a rule’s words %s', (_how, text, words, expected) => {
    const parts = stressed(text, words)
    expect(parts.filter((part) => part.is_stressed).map((part) => part.text)).toEqual(expected)
    expect(parts.map((part) => part.text).join('')).toBe(text)
  })
})
