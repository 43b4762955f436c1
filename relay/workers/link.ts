// The one link between the front process and a call worker: what is said about the same time goes as one message, answers
// find their questions, and what may be lost is dropped before what may not when the other side is slow.
import { messageOf, RelayError } from '../platform/errors.ts'
import { Pacer } from '../platform/pacer.ts'
import { StoreError, type StoreErrorCode } from '../store/doc-store.ts'

/** One end of a process channel that carries structured values (dates and bytes stay what they are). */
export interface Channel {
  /** @param done called once the message has left, or failed to */
  send(message: unknown, done: (error: Error | null) => void): void
}

/** What one side may ask of the other, by name. Answers come as promises; functions that answer nothing are told. */
export type Methods = { [name: string]: (...args: never[]) => unknown }
type Args<M extends Methods, N extends keyof M> = Parameters<M[N]>
type Answer<M extends Methods, N extends keyof M> = Awaited<ReturnType<M[N]>>

type Letter =
  | { kind: 'tell'; name: string; args: unknown[] }
  | { kind: 'ask'; id: number; name: string; args: unknown[] }
  | { kind: 'answer'; id: number; value: unknown }
  | { kind: 'failure'; id: number; failure: Failure }
interface Failure {
  type: 'relay' | 'store' | 'other'
  code: string
  message: string
}

/** So many messages may be on their way before what may be lost is dropped. */
const SLOW_MESSAGES = 64

export class LinkLost extends Error {}

export class Link<Theirs extends Methods, Ours extends Methods> {
  readonly #channel: Channel
  readonly #ours: Ours
  readonly #sending: Pacer
  readonly #asked = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>()
  #letters: Letter[] = []
  #count = 0
  #onTheWay = 0
  #dropped = 0
  #isLost = false

  /**
   * @param ours what the other side may ask of this one
   * @param gather_ms the shortest time between two messages: what is said after a silence leaves at the end of the turn of
   *   the event loop
   */
  constructor(channel: Channel, ours: Ours, gather_ms = 0) {
    this.#channel = channel
    this.#ours = ours
    this.#sending = new Pacer(gather_ms, () => this.#send())
  }

  /** Letters dropped because the other side was slow. */
  get dropped(): number {
    return this.#dropped
  }

  /** False while the other side cannot keep up. */
  get isQuick(): boolean {
    return this.#onTheWay <= SLOW_MESSAGES
  }

  /** Says something that has no answer. */
  tell<N extends keyof Theirs & string>(name: N, ...args: Args<Theirs, N>): void {
    this.#post({ kind: 'tell', name, args })
  }

  /** As `tell`, for what is soon out of date: lost when the other side cannot keep up. */
  tellIfQuick<N extends keyof Theirs & string>(name: N, ...args: Args<Theirs, N>): void {
    if (!this.isQuick) this.#dropped++
    else this.#post({ kind: 'tell', name, args })
  }

  /** @throws (rejects) with the other side's error, or LinkLost */
  ask<N extends keyof Theirs & string>(name: N, ...args: Args<Theirs, N>): Promise<Answer<Theirs, N>> {
    if (this.#isLost) return Promise.reject(new LinkLost('The other process is gone.'))
    const id = ++this.#count
    return new Promise((resolve, reject) => {
      this.#asked.set(id, { resolve: resolve as (value: unknown) => void, reject })
      this.#post({ kind: 'ask', id, name, args })
    })
  }

  /** A message of the other side. */
  receive(message: unknown): void {
    for (const letter of message as Letter[]) this.#read(letter)
  }

  /** The other side is gone: what was asked of it fails. */
  lose(): void {
    this.#isLost = true
    for (const { reject } of this.#asked.values()) reject(new LinkLost('The other process is gone.'))
    this.#asked.clear()
  }

  #read(letter: Letter): void {
    switch (letter.kind) {
      case 'tell':
        return void this.#call(letter.name, letter.args)
      case 'ask':
        return void this.#call(letter.name, letter.args).then(
          (value) => this.#post({ kind: 'answer', id: letter.id, value }),
          (error: unknown) => this.#post({ kind: 'failure', id: letter.id, failure: failureOf(error) }),
        )
      case 'answer':
        this.#asked.get(letter.id)?.resolve(letter.value)
        return void this.#asked.delete(letter.id)
      case 'failure':
        this.#asked.get(letter.id)?.reject(errorOf(letter.failure))
        return void this.#asked.delete(letter.id)
      default:
        return letter satisfies never
    }
  }

  async #call(name: string, args: unknown[]): Promise<unknown> {
    const method = this.#ours[name] as ((...args: unknown[]) => unknown) | undefined
    if (!method) throw new Error(`There is no "${name}" on this side of the link.`)
    return method(...args)
  }

  #post(letter: Letter): void {
    if (this.#isLost) return
    this.#letters.push(letter)
    this.#sending.ask()
  }

  /** Sends what waits, now: before something that must come after it. */
  flush(): void {
    if (this.#letters.length > 0) this.#sending.now()
  }

  #send(): void {
    if (this.#isLost) return
    const letters = this.#letters
    this.#letters = []
    this.#onTheWay++
    this.#channel.send(letters, () => {
      this.#onTheWay--
    })
  }
}

function failureOf(error: unknown): Failure {
  if (error instanceof RelayError) return { type: 'relay', code: error.code, message: error.message }
  if (error instanceof StoreError) return { type: 'store', code: error.code, message: error.message }
  return { type: 'other', code: '', message: messageOf(error) }
}

function errorOf({ type, code, message }: Failure): Error {
  if (type === 'relay') return new RelayError(code as RelayError['code'], { detail: message })
  if (type === 'store') return new StoreError(code as StoreErrorCode, message)
  return new Error(message)
}
