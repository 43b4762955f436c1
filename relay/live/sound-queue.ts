// Sound that has been sent and is still to be heard, in the order of time. It lies in blocks of memory that all calls of the
// process use in turn: as texts it was copied by the collector twice and then marked until it died, which was measured to be
// most of what a call leaves to collect.

/** Half a second. */
const BLOCK_BYTES = 4_096
/** Blocks kept for the next sound; what a busier hour needed more is given back. */
const MOST_FREE = 4_096
const BYTES_PER_MS = 8
/** Sounds of one answer follow each other to the millisecond. */
const SAME_RUN_MS = 1

const free: Buffer[] = []
/** Base64 is read in here first: a block may end in the middle of its letters. Long ones piece by piece. */
const room = Buffer.allocUnsafeSlow(6_144)
const ROOM_LETTERS = (room.length / 3) * 4

export interface SoundPiece {
  /** When it is heard. */
  at_ms: number
  mulaw: Buffer
}

/** Sounds without a pause between them. */
interface Run {
  at_ms: number
  /** Its first byte, counted from the first of the call. */
  from: number
}

/** Places are counted in bytes from the first of the call, times in milliseconds of its clock. */
export class SoundQueue {
  #runs: Run[] = []
  #blocks: Buffer[] = []
  /** Place of the first block's first byte. */
  #blocksFrom = 0
  #begin = 0
  #end = 0

  /** The place behind the last sound. */
  get end(): number {
    return this.#end
  }

  /**
   * @param payload base64 µ-law
   * @param at_ms when it is heard: not before what was added earlier
   */
  add(payload: string, at_ms: number): void {
    const last = this.#runs.at(-1)
    if (last === undefined || Math.abs(at_ms - timeIn(last, this.#end)) >= SAME_RUN_MS)
      this.#runs.push({ at_ms, from: this.#end })
    for (let from = 0; from < payload.length; from += ROOM_LETTERS)
      this.#write(room.write(payload.slice(from, from + ROOM_LETTERS), 'base64'))
  }

  /** @returns the place up to which it has been heard */
  heardBy(now_ms: number): number {
    let heard = this.#begin
    for (let n = 0; n < this.#runs.length; n++) {
      const run = this.#runs[n]!
      if (run.at_ms >= now_ms) break
      heard = Math.min(this.#endOf(n), run.from + Math.floor((now_ms - run.at_ms) * BYTES_PER_MS))
    }
    return Math.max(this.#begin, heard)
  }

  /** What is before this place is not needed any more. */
  forgetTo(place: number): void {
    this.#begin = Math.min(Math.max(place, this.#begin), this.#end)
    if (this.#begin === this.#end) {
      this.#runs = []
      return this.#release(0)
    }
    const past = this.#runs.findLastIndex((run) => run.from <= this.#begin)
    if (past > 0) this.#runs.splice(0, past)
    while (this.#blocksFrom + BLOCK_BYTES <= this.#begin) {
      giveBack(this.#blocks.shift()!)
      this.#blocksFrom += BLOCK_BYTES
    }
  }

  /** What is behind this place is not going to be heard. */
  cutAt(place: number): void {
    this.#end = Math.min(Math.max(place, this.#begin), this.#end)
    this.#runs = this.#runs.filter((run) => run.from < this.#end)
    this.#release(Math.ceil((this.#end - this.#blocksFrom) / BLOCK_BYTES))
  }

  /** @returns a copy of what there is from one place to another, one piece for each run */
  from(place: number, end = this.#end): SoundPiece[] {
    return this.#runs.flatMap((run, n) => {
      const from = Math.max(run.from, place, this.#begin)
      const to = Math.min(this.#endOf(n), end)
      return from < to ? [{ at_ms: Math.round(timeIn(run, from)), mulaw: this.#read(from, to) }] : []
    })
  }

  #endOf(n: number): number {
    return this.#runs[n + 1]?.from ?? this.#end
  }

  /** @param length of what was read into the room */
  #write(length: number): void {
    if (this.#blocks.length === 0) this.#blocksFrom = this.#end
    for (let from = 0; from < length; ) {
      const at = this.#end - this.#blocksFrom
      if (at === this.#blocks.length * BLOCK_BYTES) this.#blocks.push(free.pop() ?? Buffer.allocUnsafeSlow(BLOCK_BYTES))
      const written = room.copy(this.#blocks.at(-1)!, at % BLOCK_BYTES, from, length)
      from += written
      this.#end += written
    }
  }

  #read(from: number, to: number): Buffer {
    const mulaw = Buffer.allocUnsafe(to - from)
    for (let place = from; place < to; ) {
      const at = place - this.#blocksFrom
      const block = this.#blocks[Math.floor(at / BLOCK_BYTES)]!
      place += block.copy(mulaw, place - from, at % BLOCK_BYTES)
    }
    return mulaw
  }

  /** @param kept how many blocks, from the first */
  #release(kept: number): void {
    while (this.#blocks.length > kept) giveBack(this.#blocks.pop()!)
  }
}

const timeIn = (run: Run, place: number): number => run.at_ms + (place - run.from) / BYTES_PER_MS

function giveBack(block: Buffer): void {
  if (free.length < MOST_FREE) free.push(block)
}
