// Whether this process keeps up with its calls, from how late its event loop is: the one thing that delays all of them.
// A single stall is caught up with; lateness that stays means that there is more to do than time. Source: performance, 7.3.

/** How often the loop is looked at. */
export const LOOK_EVERY_MS = 20
const WINDOW_MS = 2_000
/** A loop later than this is late: one frame of audio. */
const LATE_MS = 20
const VERY_LATE_MS = 50
/** Frames are gathered by how late the loop was in the mean of so many looks; one stall, however long, counts as so much. */
const MEAN_OF_LOOKS = 10
const ONE_STALL_MS = 150
/** Shares of the window in which the loop was late. Apart, so that a call more or less does not change the answer. */
const OVERLOADED_FROM = 0.5
const OVERLOADED_UNTIL = 0.25
/** One stall of a process that was well before, however long, is no overload: what came is caught up with, nothing thrown away. */
const LONGEST_COUNTED_MS = 0.45 * WINDOW_MS

/** Pure but for what it remembers. */
export class LoopPressure {
  readonly #changed: (isOverloaded: boolean) => void
  /** `counts_ms`: how much of the time before it the loop was late. */
  readonly #looks: { at_ms: number; counts_ms: number }[] = []
  #lastMs: number
  #looked_ms: number
  #isOverloaded = false
  #mean_late_ms = 0

  /** @param changed told when it begins or ends to be overloaded */
  constructor(now_ms: number, changed: (isOverloaded: boolean) => void = () => {}) {
    this.#lastMs = now_ms
    this.#looked_ms = Math.round(now_ms)
    this.#changed = changed
  }

  /** The monotonic clock as it was at the last look, in whole milliseconds: for what need not be known better. */
  get looked_ms(): number {
    return this.#looked_ms
  }

  /** New calls are better taken elsewhere, or refused. */
  get isOverloaded(): boolean {
    return this.#isOverloaded
  }

  /** So many frames of a caller go to the model in one message: fewer messages cost less, and each waits longer. */
  get frames_per_append(): number {
    return this.#mean_late_ms > VERY_LATE_MS ? 5 : this.#mean_late_ms > LATE_MS ? 2 : 1
  }

  /** Called every `LOOK_EVERY_MS`, or as soon after as the loop gets to it. @param now_ms monotonic */
  look(now_ms: number): void {
    const spent_ms = now_ms - this.#lastMs
    this.#lastMs = now_ms
    this.#looked_ms = Math.round(now_ms)
    const late_ms = spent_ms - LOOK_EVERY_MS
    this.#mean_late_ms += (Math.min(late_ms, ONE_STALL_MS) - this.#mean_late_ms) / MEAN_OF_LOOKS
    this.#looks.push({ at_ms: now_ms, counts_ms: late_ms > LATE_MS ? this.#countLate(spent_ms) : 0 })
    while (this.#looks[0]!.at_ms < now_ms - WINDOW_MS) this.#looks.shift()
    this.#decide()
  }

  /** Asked while the looks are those of the window before it: a moment's lateness among them makes no overload of a stall. */
  #countLate(spent_ms: number): number {
    return this.#share < OVERLOADED_UNTIL ? Math.min(spent_ms, LONGEST_COUNTED_MS) : spent_ms
  }

  /** Of the window, in which the loop was late. */
  get #share(): number {
    return this.#looks.reduce((sum, { counts_ms }) => sum + counts_ms, 0) / WINDOW_MS
  }

  #decide(): void {
    const isOverloaded = this.#share >= (this.#isOverloaded ? OVERLOADED_UNTIL : OVERLOADED_FROM)
    if (isOverloaded === this.#isOverloaded) return
    this.#isOverloaded = isOverloaded
    this.#changed(isOverloaded)
  }
}

/** Watches the event loop of this process. @param changed told when it begins or ends to be overloaded */
export function watchLoop(changed?: (isOverloaded: boolean) => void): LoopPressure & { close(): void } {
  const pressure = new LoopPressure(performance.now(), changed)
  const looks = setInterval(() => pressure.look(performance.now()), LOOK_EVERY_MS)
  looks.unref()
  return Object.assign(pressure, { close: () => clearInterval(looks) })
}
