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

/** Whether the other side takes what lies on its wire. */
export class WireWatch {
  readonly #socket: WebSocket
  readonly #wire: Duplex
  #atLastLook = { lying: 0, taken: 0 }
  #looksWithout = 0

  constructor(socket: WebSocket, wire: Duplex) {
    this.#socket = socket
    this.#wire = wire
  }

  /** @returns the bytes that lie there, and at how many looks in a row some did and none had been taken */
  look(): { lying: number; looks_without: number } {
    const lying = this.#socket.bufferedAmount
    // What is on its way counts as written, and as lying there.
    const taken = (this.#wire as Socket).bytesWritten - this.#wire.writableLength
    const last = this.#atLastLook
    this.#looksWithout = lying > 0 && last.lying > 0 && taken === last.taken ? this.#looksWithout + 1 : 0
    this.#atLastLook = { lying, taken }
    return { lying, looks_without: this.#looksWithout }
  }
}

export class WireQueue<T> {
  readonly #socket: WebSocket
  readonly #wire: Duplex
  readonly #write: (item: T) => void
  #waiting: { item: T; bytes: number }[] = []
  #isResting = false
  readonly #watch: WireWatch
  #onEmpty: (() => void) | null = null
  /** Of what waits. */
  waiting_bytes = 0

  /** @param write one item onto the wire */
  constructor(socket: WebSocket, wire: Duplex, write: (item: T) => void) {
    this.#socket = socket
    this.#wire = wire
    this.#write = write
    this.#watch = new WireWatch(socket, wire)
    socket.on('close', () => this.#drop())
  }

  /** @param bytes what it weighs while it waits */
  add(item: T, bytes = 0): void {
    this.#waiting.push({ item, bytes })
    this.waiting_bytes += bytes
    if (!this.#isResting) this.#goOn()
  }

  /** Until all that was added is written, or the socket is closed. One waits at a time. */
  emptied(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#waiting.length === 0) resolve()
      else this.#onEmpty = resolve
    })
  }

  /** Whether more lies on the wire than is written ahead: nothing is to be added to it. */
  get isFull(): boolean {
    return this.#socket.bufferedAmount > AHEAD_BYTES
  }

  /** Asked at every heartbeat. @returns whether what lies on the wire has not moved for too long */
  isStuck(): boolean {
    const { lying, looks_without } = this.#watch.look()
    return looks_without >= STUCK_LOOKS + Math.floor(lying / LOOK_MORE_BYTES)
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
    this.#tellEmpty()
  }

  /** In another turn of the event loop: a near console takes all of it at once, and calls would wait for that. */
  #rest(): void {
    this.#isResting = true
    this.#wire.once('drain', () => setImmediate(() => this.#goOn()))
  }

  #drop(): void {
    this.#waiting = []
    this.waiting_bytes = 0
    this.#tellEmpty()
  }

  #tellEmpty(): void {
    this.#onEmpty?.()
    this.#onEmpty = null
  }
}
