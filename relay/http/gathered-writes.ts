// What goes to many sockets many times a second leaves each of them in one write: the write is what costs.
import type { Duplex } from 'node:stream'
import { FrameWriter } from '../framing/frame-writer.ts'
import { Pacer } from '../platform/pacer.ts'

/** What is held back of a socket is no more than this, or it would look like what the other side does not take. */
const HELD_BYTES = 256 * 1024

/** A server's frames are not masked, so that one may be written to many sockets. */
export const frames = new FrameWriter('server')

export class GatheredWrites {
  readonly #held = new Set<Duplex>()
  readonly #leaving: Pacer

  /** @param every_ms the shortest time between two writes; after a silence the first leaves at once */
  constructor(every_ms: number) {
    this.#leaving = new Pacer(every_ms, () => {
      for (const wire of this.#held) this.#let(wire)
    })
  }

  /** @param frame stays as it is until it has left @param done called when it has, or cannot */
  write(wire: Duplex, frame: Buffer, done?: () => void): void {
    if (!this.#held.has(wire)) {
      this.#held.add(wire)
      wire.cork()
    }
    wire.write(frame, done)
    if (wire.writableLength > HELD_BYTES) this.#let(wire)
    else this.#leaving.ask()
  }

  #let(wire: Duplex): void {
    this.#held.delete(wire)
    wire.uncork()
  }
}
