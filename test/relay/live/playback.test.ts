import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Playback, pcmuDurationMs } from '../../../relay/live/playback.ts'

describe('playback: what the caller has heard', () => {
  it('counts 8 bytes of µ-law as a millisecond, whatever the padding', () => {
    for (const bytes of [8, 160, 161, 162, 1600])
      expect(pcmuDurationMs(Buffer.alloc(bytes).toString('base64'))).toBe(bytes / 8)
  })

  it('[L3] cuts at the last mark plus at most 50 ms', () => {
    const playback = new Playback()
    const first = playback.send('r1', 'i1', 200, 1_000)
    playback.send('r1', 'i1', 200, 1_010)
    playback.send('r1', 'i1', 200, 1_020)
    playback.marked(first.mark, 1_200)
    expect(playback.interrupt(1_230)).toEqual([
      { item_id: 'i1', response_id: 'r1', heard_ms: 230, sent_ms: 600, is_complete: false },
    ])
  })

  it('[L3] an item that has not begun was heard for 0 ms', () => {
    const playback = new Playback()
    playback.send('r1', 'i1', 200, 0)
    playback.send('r1', 'i2', 200, 0)
    expect(playback.interrupt(30).map((item) => item.heard_ms)).toEqual([30, 0])
  })

  it('[L4] echoes after a clear say nothing', () => {
    const playback = new Playback()
    const old = playback.send('r1', 'i1', 400, 0)
    playback.interrupt(10)
    expect(playback.marked(old.mark, 20)).toEqual([])
    const fresh = playback.send('r2', 'i2', 100, 30)
    expect(playback.marked(old.mark, 40)).toEqual([])
    playback.complete('i2')
    expect(playback.marked(fresh.mark, 130)).toEqual([
      { item_id: 'i2', response_id: 'r2', heard_ms: 100, sent_ms: 100, is_complete: true },
    ])
    expect(playback.marked(fresh.mark, 140)).toEqual([])
  })

  it('[L5] an interrupted response is discarded, the next one is not', () => {
    const playback = new Playback()
    playback.send('r1', 'i1', 200, 0)
    playback.interrupt(50)
    expect([playback.isDiscarded('r1'), playback.isDiscarded('r2')]).toEqual([true, false])
  })

  it('a delta that waits behind another begins when that one ends', () => {
    const playback = new Playback()
    expect(playback.send('r1', 'i1', 500, 100).starts_at_ms).toBe(100)
    expect(playback.send('r1', 'i2', 200, 150).starts_at_ms).toBe(600)
  })

  it('[L3] heard is never more than sent and never less than marked, whatever happens in which order', () => {
    const act = fc.oneof(
      fc.record({
        act: fc.constant('send' as const),
        ms: fc.integer({ min: 1, max: 400 }),
        item: fc.integer({ min: 1, max: 3 }),
      }),
      fc.record({ act: fc.constant('mark' as const), index: fc.nat(10) }),
      fc.record({ act: fc.constant('interrupt' as const) }),
    )
    fc.assert(
      fc.property(fc.array(act, { maxLength: 40 }), (acts) => {
        const playback = new Playback()
        const sent = new Map<string, number>()
        let marks: string[] = []
        let now = 0
        for (const step of acts) {
          now += 37
          if (step.act === 'send') {
            const item = `i${step.item}`
            marks.push(playback.send('r', item, step.ms, now).mark)
            sent.set(item, (sent.get(item) ?? 0) + step.ms)
          } else if (step.act === 'mark') {
            const mark = marks[step.index]
            if (mark) playback.marked(mark, now)
          } else {
            for (const item of playback.interrupt(now)) {
              expect(item.heard_ms).toBeLessThanOrEqual(item.sent_ms)
              expect(item.sent_ms).toBeLessThanOrEqual(sent.get(item.item_id) ?? 0)
            }
            expect(playback.isIdle).toBe(true)
            sent.clear()
            marks = []
          }
        }
      }),
    )
  })
})
