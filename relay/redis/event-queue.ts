// The events of one tenant that wait to go to Redis, in order. When it is away for long, the newest are kept: as many as
// the log itself would keep.
import { EVENTS_KEPT, EVENTS_KEPT_BYTES } from '../platform/kept-events.ts'
import type { Outgoing } from './event-wire.ts'

const BATCH_EVENTS = 100
const BATCH_LETTERS = 256 * 1024

export class EventQueue<E extends Outgoing> {
  #events: E[] = []
  #letters = 0

  get length(): number {
    return this.#events.length
  }
  get first(): E | undefined {
    return this.#events[0]
  }
  [Symbol.iterator](): Iterator<E> {
    return this.#events[Symbol.iterator]()
  }

  push(event: E): void {
    this.#events.push(event)
    this.#letters += event.body.length
  }

  /** How many go to Redis at once: so much, or one that is larger. */
  takeBatch(): E[] {
    let letters = 0
    const end = this.#events.slice(0, BATCH_EVENTS).findIndex(({ body }) => {
      letters += body.length
      return letters > BATCH_LETTERS
    })
    return this.#take(end === -1 ? BATCH_EVENTS : Math.max(1, end))
  }

  putBack(events: E[]): void {
    this.#events.unshift(...events)
    this.#letters += lettersOf(events)
  }

  dropAnnouncements(): void {
    this.#events = this.#events.filter(({ is_kept }) => is_kept)
    this.#letters = lettersOf(this.#events)
  }

  /** @returns how many were too many */
  dropOldest(): number {
    let [many, letters] = [Math.max(0, this.#events.length - EVENTS_KEPT), this.#letters]
    letters -= lettersOf(this.#events.slice(0, many))
    while (letters > EVENTS_KEPT_BYTES) letters -= this.#events[many++]!.body.length
    return many === 0 ? 0 : this.#take(many).length
  }

  #take(many: number): E[] {
    const taken = this.#events.splice(0, many)
    this.#letters -= lettersOf(taken)
    return taken
  }
}

const lettersOf = (events: Outgoing[]): number => events.reduce((letters, { body }) => letters + body.length, 0)
