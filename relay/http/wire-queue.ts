// What one console is still to be told, in order: so much of it lies on its wire as it takes, and the rest waits as it
// is, which costs next to nothing, for the same events wait for all consoles.
//
//   writing ──more lies there than AHEAD_BYTES──▶ resting ──the wire has drained──▶ writing
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { WebSocket } from 'ws'

/** As much as `GatheredWrites` holds back: a portion leaves when it is full. */
const AHEAD_BYTES = 256 * 1024
/** Looks without a byte taken, after which nobody reads; one look more for so much that leaves in one piece. */
const STUCK_LOOKS = 2
const LOOK_MORE_BYTES = 128 * 1024

export class WireQueue<T> {
  readonly #socket: WebSocket
  readonly #wire: Duplex
  readonly #write: (item: T) => void
  #waiting: { item: T; bytes: number }[] = []
  #isResting = false
  #atLastLook = { lying: 0, taken: 0 }
  #looksWithout = 0
  /** Of what waits. */
  waiting_bytes = 0

  /** @param write one item onto the wire */
  constructor(socket: WebSocket, wire: Duplex, write: (item: T) => void) {
    this.#socket = socket
    this.#wire = wire
    this.#write = write
    socket.on('close', () => this.#drop())
  }

  /** @param bytes what it weighs while it waits */
  add(item: T, bytes = 0): void {
    this.#waiting.push({ item, bytes })
    this.waiting_bytes += bytes
    if (!this.#isResting) this.#goOn()
  }

  /** Whether more lies on the wire than is written ahead: nothing is to be added to it. */
  get isFull(): boolean {
    return this.#socket.bufferedAmount > AHEAD_BYTES
  }

  /** Asked at every heartbeat. @returns whether what lies on the wire has not moved for too long */
  isStuck(): boolean {
    const lying = this.#socket.bufferedAmount
    // What is on its way counts as written, and as lying there.
    const taken = (this.#wire as Socket).bytesWritten - this.#wire.writableLength
    const last = this.#atLastLook
    this.#looksWithout = lying > 0 && last.lying > 0 && taken === last.taken ? this.#looksWithout + 1 : 0
    this.#atLastLook = { lying, taken }
    return this.#looksWithout >= STUCK_LOOKS + Math.floor(lying / LOOK_MORE_BYTES)
  }

  #goOn(): void {
    this.#isResting = false
    while (this.#waiting.length > 0) {
      if (this.#socket.readyState !== this.#socket.OPEN) return this.#drop()
      if (this.isFull) return this.#rest()
      const { item, bytes } = this.#waiting.shift()!
      this.waiting_bytes -= bytes
      this.#write(item)
    }
  }

  /** In another turn of the event loop: a near console takes all of it at once, and calls would wait for that. */
  #rest(): void {
    this.#isResting = true
    this.#wire.once('drain', () => setImmediate(() => this.#goOn()))
  }

  #drop(): void {
    this.#waiting = []
    this.waiting_bytes = 0
  }
}
