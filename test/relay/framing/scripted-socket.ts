// A socket by hand: gives what a test says, keeps what was written write by write, and can stop taking.
import { Duplex } from 'node:stream'

export class ScriptedSocket extends Duplex {
  /** One entry is what one write would have handed to the system. */
  readonly writes: Buffer[] = []
  isEnded = false
  #isStalled = false
  #waiting: (() => void)[] = []

  constructor() {
    super({ allowHalfOpen: true, highWaterMark: 1_000 })
  }

  get written(): Buffer {
    return Buffer.concat(this.writes)
  }

  give(...frames: Buffer[]): void {
    this.push(Buffer.concat(frames))
  }

  /** Their side ends, without a close frame unless one was given before. */
  giveEnd(): void {
    this.push(null)
  }

  /** Takes one more write, and leaves the others waiting. */
  stall(): void {
    this.#isStalled = true
  }

  goOn(): void {
    this.#isStalled = false
    const waiting = this.#waiting
    this.#waiting = []
    for (const done of waiting) done()
  }

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.#take(chunk, done)
  }

  override _writev(chunks: { chunk: Buffer }[], done: () => void): void {
    this.#take(Buffer.concat(chunks.map(({ chunk }) => chunk)), done)
  }

  override _final(done: () => void): void {
    this.isEnded = true
    done()
  }

  #take(bytes: Buffer, done: () => void): void {
    this.writes.push(bytes)
    if (this.#isStalled) this.#waiting.push(done)
    else done()
  }
}

/** Lets what was started in this turn come to its end. */
export const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
