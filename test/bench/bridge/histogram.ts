// How often each duration came, every one counted: exact below 128 µs, within 1.6 % above. The generator counts into the
// same places (generator/tally.c).

const EXACT = 128
const STEPS = 64
const OCTAVES = 24
const HISTOGRAM_SIZE = EXACT + STEPS * OCTAVES

export class Histogram {
  readonly #counts = new Float64Array(HISTOGRAM_SIZE)
  #max: number

  /** @param data what was counted elsewhere */
  constructor({ counts, max }: HistogramData = { counts: [], max: 0 }) {
    for (const [place, count] of counts) this.#counts[place] = count
    this.#max = max
  }

  /** @param us microseconds; negative ones, of clocks read in the wrong order, count as none */
  add(us: number): void {
    const value = Math.max(us, 0)
    if (value > this.#max) this.#max = value
    const place = placeOf(value)
    this.#counts[place] = this.#counts[place]! + 1
  }

  /** Counts what the other has counted too. */
  merge(other: Histogram): void {
    for (const [place, count] of other.#counts.entries()) this.#counts[place] = this.#counts[place]! + count
    this.#max = Math.max(this.#max, other.#max)
  }

  get count(): number {
    return this.#counts.reduce((sum, count) => sum + count, 0)
  }
  get max(): number {
    return this.#max
  }

  /** @param share 0 to 1 @returns microseconds, null when nothing was counted */
  at(share: number): number | null {
    const wanted = Math.ceil(this.count * share)
    if (wanted === 0) return null
    let seen = 0
    for (const [place, count] of this.#counts.entries()) {
      seen += count
      if (seen >= wanted) return Math.min(middleOf(place), this.#max)
    }
    return this.#max
  }
}

/** As the generator reports it: the places that have any, and the longest in microseconds. */
export interface HistogramData {
  counts: [place: number, count: number][]
  max: number
}

function placeOf(us: number): number {
  if (us < EXACT) return Math.floor(us)
  const octave = Math.min(OCTAVES - 1, Math.floor(Math.log2(us)) - 7)
  return EXACT + octave * STEPS + Math.min(STEPS - 1, Math.floor(us / 2 ** (octave + 1)) - STEPS)
}

/** The middle of what is counted at this place. */
function middleOf(place: number): number {
  if (place < EXACT) return place
  const octave = Math.floor((place - EXACT) / STEPS)
  return (STEPS + ((place - EXACT) % STEPS) + 0.5) * 2 ** (octave + 1)
}
