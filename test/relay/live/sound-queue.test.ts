// What is still to be heard of a voice, against the same kept as one number for each byte.
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { SoundQueue } from '../../../relay/live/sound-queue.ts'

const BYTES_PER_MS = 8
const sound = (bytes: number, first: number): Buffer =>
  Buffer.from(Array.from({ length: bytes }, (_, n) => (first + n) & 255))

/** Each byte with the time at which it is heard. */
class Model {
  bytes: { value: number; at_ms: number; place: number }[] = []
  end = 0
  add(mulaw: Buffer, at_ms: number): void {
    for (const [n, value] of mulaw.entries())
      this.bytes.push({ value, at_ms: at_ms + n / BYTES_PER_MS, place: this.end++ })
  }
  forgetTo(place: number): void {
    this.bytes = this.bytes.filter((byte) => byte.place >= place)
  }
  cutAt(place: number): void {
    this.bytes = this.bytes.filter((byte) => byte.place < place)
    this.end = Math.min(place, this.end)
  }
  /** Up to the first that has not been heard to its end. */
  heardBy(now_ms: number): number {
    return this.bytes.find((byte) => byte.at_ms + 1 / BYTES_PER_MS > now_ms)?.place ?? this.end
  }
}

type Step = { what: 'add'; bytes: number; pause_ms: number } | { what: 'hear' | 'cut'; ms: number }
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    // Longer than a block, longer than what is read at once, and lengths that base64 fills up.
    fc.record({
      what: fc.constant('add' as const),
      bytes: fc.integer({ min: 1, max: 2_500 }).map((ms) => ms * BYTES_PER_MS),
      pause_ms: fc.constantFrom(0, 0, 0, 40),
    }),
    fc.record({ what: fc.constant('hear' as const), ms: fc.integer({ min: 0, max: 1_500 }) }),
    fc.record({ what: fc.constant('cut' as const), ms: fc.integer({ min: 0, max: 1_500 }) }),
  ),
  { maxLength: 30 },
)

function play(taken: Step[]): void {
  const queue = new SoundQueue()
  const model = new Model()
  let now_ms = 1_000
  let next_ms = now_ms
  for (const [n, step] of taken.entries()) {
    if (step.what === 'add') {
      const mulaw = sound(step.bytes, n * 37)
      const at_ms = Math.max(now_ms, next_ms) + step.pause_ms
      queue.add(mulaw.toString('base64'), at_ms)
      model.add(mulaw, at_ms)
      next_ms = at_ms + step.bytes / BYTES_PER_MS
    } else {
      now_ms += step.ms
      const heard = queue.heardBy(now_ms)
      expect(heard).toBe(model.heardBy(now_ms))
      queue.forgetTo(heard)
      model.forgetTo(heard)
      if (step.what === 'cut') {
        const place = queue.heardBy(now_ms + step.ms)
        queue.cutAt(place)
        model.cutAt(place)
        next_ms = now_ms + step.ms
      }
    }
    const pieces = queue.from(0)
    expect(queue.end).toBe(model.end)
    expect(
      Buffer.concat(pieces.map(({ mulaw }) => mulaw)).equals(Buffer.from(model.bytes.map(({ value }) => value))),
    ).toBe(true)
    let at = 0
    for (const { at_ms, mulaw } of pieces) {
      expect(Math.abs(at_ms - model.bytes[at]!.at_ms)).toBeLessThanOrEqual(0.5)
      at += mulaw.length
    }
  }
}

it('gives back every byte that was not heard, at its time', () => {
  fc.assert(fc.property(steps, play), { numRuns: 300 })
})

it('what two calls keep at the same time does not mix, whatever was kept before', () => {
  const [one, two] = [new SoundQueue(), new SoundQueue()]
  const add = (queue: SoundQueue, value: number, at_ms: number): void =>
    queue.add(Buffer.alloc(5_000, value).toString('base64'), at_ms)
  for (let round = 0; round < 20; round++) {
    add(one, 1, round * 1_000)
    add(two, 2, round * 1_000)
    expect(new Set(Buffer.concat(one.from(0).map(({ mulaw }) => mulaw)))).toEqual(new Set([1]))
    expect(new Set(Buffer.concat(two.from(0).map(({ mulaw }) => mulaw)))).toEqual(new Set([2]))
    if (round % 3 === 2) one.forgetTo(one.end)
    if (round % 5 === 4) two.cutAt(0)
  }
})
