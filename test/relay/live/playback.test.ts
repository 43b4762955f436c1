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
    playback.marked(first.mark!, 1_200)
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
    expect(playback.marked(old.mark!, 20)).toEqual([])
    const fresh = playback.send('r2', 'i2', 100, 30)
    expect(playback.marked(old.mark!, 40)).toEqual([])
    playback.complete('i2')
    expect(playback.marked(fresh.mark!, 130)).toEqual([
      { item_id: 'i2', response_id: 'r2', heard_ms: 100, sent_ms: 100, is_complete: true },
    ])
    expect(playback.marked(fresh.mark!, 140)).toEqual([])
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

  describe('a long answer that comes at once in small pieces', () => {
    const PIECE_MS = 20
    /** Sends it, and lets the carrier play so much of it. @returns the most marks that were to come back at a time */
    function play(playback: Playback, items: string[], sent_ms: number, played_ms: number): number {
      const queue: { mark: string; at_ms: number }[] = []
      let end_ms = 0
      for (const item of items)
        for (const until = end_ms + sent_ms / items.length; end_ms < until; ) {
          const { mark } = playback.send('r', item, PIECE_MS, 0)
          end_ms += PIECE_MS
          if (mark !== null) queue.push({ mark, at_ms: end_ms })
        }
      const most = queue.length
      for (const item of items) playback.complete(item)
      while (queue[0] && queue[0].at_ms <= played_ms) {
        const { mark, at_ms } = queue.shift()!
        playback.marked(mark, at_ms)
        const owed = playback.owedMark()
        if (owed !== null) queue.push({ mark: owed, at_ms: end_ms })
      }
      return most
    }

    it('keeps no more marks than one for each 200 ms beyond the first thousand', () => {
      expect(play(new Playback(), ['i1'], 600_000, 0)).toBeLessThanOrEqual(4_000)
    })

    it('[L3] is heard to the end of each item, and cut within a quarter of a second wherever it is cut', () => {
      for (const sent_ms of [19_980, 20_100, 599_980]) {
        const whole = new Playback()
        play(whole, ['i1', 'i2', 'i3'], sent_ms, sent_ms + PIECE_MS)
        expect([whole.isIdle, whole.isPlaying('i1'), whole.isPlaying('i3')]).toEqual([true, false, false])
      }
      for (const heard_ms of [1_000, 30_000, 599_910]) {
        const cut = new Playback()
        play(cut, ['i1'], 600_000, heard_ms)
        const [item] = cut.interrupt(heard_ms)
        expect(heard_ms - item!.heard_ms).toBeLessThanOrEqual(250)
        expect(item!.heard_ms).toBeLessThanOrEqual(heard_ms)
      }
    })
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
            marks.push(playback.send('r', item, step.ms, now).mark!)
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
