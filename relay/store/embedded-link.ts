// The main thread's side of the store's worker: numbers the calls, gives each a deadline, starts the worker again when
// it died.
import { Worker } from 'node:worker_threads'
import type { Logger } from '../platform/logger.ts'
import { StoreError } from './doc-store.ts'
import {
  type FromWorker,
  type Operation,
  type Reply,
  sharedClockMs,
  type TablePlace,
  type ToWorker,
  type WorkerSettings,
} from './embedded-protocol.ts'
import { storeErrorOf } from './store-failures.ts'

export interface EmbeddedLink {
  /** @throws StoreError whatever the worker says, DEADLINE_EXCEEDED, or UNAVAILABLE when it died */
  call(place: TablePlace, operation: Operation): Promise<unknown>
  close(): Promise<void>
}

interface Waiting {
  resolve(value: unknown): void
  reject(error: unknown): void
  timer: NodeJS.Timeout
}

export class WorkerLink implements EmbeddedLink {
  readonly #start: () => Worker
  readonly #deadline_ms: number
  readonly #log: Pick<Logger, 'warn' | 'error'> | undefined
  readonly #waiting = new Map<number, Waiting>()
  /** What the present worker was told, by file and table. */
  #places = new Map<string, number>()
  #worker: Worker | null = null
  #opening: Promise<Worker> | null = null
  #next = 1
  #isClosed = false

  constructor(start: () => Worker, deadline_ms: number, log?: Pick<Logger, 'warn' | 'error'>) {
    this.#start = start
    this.#deadline_ms = deadline_ms
    this.#log = log
  }

  /** @throws StoreError UNAVAILABLE when the folder is taken or cannot be used */
  open(): Promise<Worker> {
    this.#opening ??= this.#openWorker().catch((error: unknown) => {
      this.#opening = null
      throw error
    })
    return this.#opening
  }

  call(place: TablePlace, operation: Operation): Promise<unknown> {
    if (this.#isClosed) return Promise.reject(new StoreError('UNAVAILABLE', 'The store is closed.'))
    const id = this.#next++
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.#expire(id), this.#deadline_ms)
      this.#waiting.set(id, { resolve, reject, timer })
      const expires_at_ms = sharedClockMs() + this.#deadline_ms
      const send = (worker: Worker) => this.#send(worker, id, place, operation, expires_at_ms)
      if (this.#worker !== null) send(this.#worker)
      else this.open().then(send, (error: unknown) => this.#settle(id)?.reject(error))
    })
  }

  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    const worker = this.#worker
    if (worker === null) return
    await new Promise<void>((resolve) => {
      worker.once('exit', () => resolve())
      this.#post(worker, { type: 'close' })
    })
    this.#dropAll('The store is closed.')
  }

  #openWorker(): Promise<Worker> {
    const worker = this.#start()
    return new Promise((resolve, reject) => {
      worker.on('message', (message: FromWorker) => {
        if (message.type === 'replies') this.#take(message.replies)
        else if (message.type === 'opened') {
          this.#begin(worker, message.taken_over_from_pid)
          resolve(worker)
        } else if (message.type === 'refused') {
          reject(storeErrorOf(message.failure))
          void worker.terminate()
        }
      })
      worker.on('error', (error) => {
        this.#log?.error('The thread of the store failed', { error: String(error) })
        reject(
          new StoreError('UNAVAILABLE', `The store could not start: ${(error as Error).message}`, {
            cause: error,
          }),
        )
      })
      worker.on('exit', () => {
        this.#lose(worker)
        reject(new StoreError('UNAVAILABLE', 'The thread of the store ended before it was open.'))
      })
    })
  }

  #begin(worker: Worker, taken_over_from_pid: number | null): void {
    this.#worker = worker
    this.#places = new Map()
    if (taken_over_from_pid === null) return
    const pid = taken_over_from_pid
    this.#log?.warn('The process that used the data folder before did not close it; taken over', { pid })
  }

  #send(worker: Worker, id: number, place: TablePlace, operation: Operation, expires_at_ms: number): void {
    try {
      const call = { id, place: this.#numberOf(worker, place), operation, expires_at_ms }
      this.#post(worker, { type: 'call', call })
    } catch (cause) {
      // A function or another value that cannot leave the thread.
      const message = 'The operation holds something that cannot be stored.'
      this.#settle(id)?.reject(new StoreError('NOT_ALLOWED', message, { cause }))
    }
  }

  #numberOf(worker: Worker, place: TablePlace): number {
    const name = `${place.file}\n${place.table}`
    const known = this.#places.get(name)
    if (known !== undefined) return known
    const number = this.#places.size
    this.#places.set(name, number)
    this.#post(worker, { type: 'place', number, place })
    return number
  }

  #post(worker: Worker, message: ToWorker): void {
    worker.postMessage(message)
  }

  #take(replies: Reply[]): void {
    for (const reply of replies) {
      const waiting = this.#settle(reply.id)
      if (waiting === undefined) continue
      if ('failure' in reply) waiting.reject(storeErrorOf(reply.failure))
      else waiting.resolve(reply.value)
    }
  }

  #settle(id: number): Waiting | undefined {
    const waiting = this.#waiting.get(id)
    if (waiting === undefined) return undefined
    clearTimeout(waiting.timer)
    this.#waiting.delete(id)
    return waiting
  }

  #expire(id: number): void {
    const message = `The store did not answer within ${this.#deadline_ms} ms.`
    // Answers that have arrived are read first: a loop that was held up elsewhere must not pass for a slow store.
    setImmediate(() => this.#settle(id)?.reject(new StoreError('DEADLINE_EXCEEDED', message)))
  }

  #lose(worker: Worker): void {
    if (this.#worker !== worker) return
    this.#worker = null
    this.#opening = null
    if (!this.#isClosed) this.#dropAll('The thread of the store ended; it is started again.')
  }

  #dropAll(message: string): void {
    for (const id of [...this.#waiting.keys()]) this.#settle(id)?.reject(new StoreError('UNAVAILABLE', message))
  }
}

/**
 * The worker's file, as source or as it was emitted. From source it is loaded through tsx's interface: its loader, given
 * to a worker as `--import`, does not see the worker's first file on Node 20.
 * @throws never; a worker that cannot start says so by its error event
 */
export function startStoreWorker(workerData: WorkerSettings): Worker {
  if (!import.meta.url.endsWith('.ts')) {
    return new Worker(new URL('./embedded-worker.js', import.meta.url), { workerData })
  }
  const [loader, file] = [import.meta.resolve('tsx/esm/api'), new URL('./embedded-worker.ts', import.meta.url).href]
  const code = `import(${JSON.stringify(loader)}).then((tsx) => tsx.tsImport(${JSON.stringify(file)}, ${JSON.stringify(file)}))`
  return new Worker(code, { eval: true, execArgv: [], workerData })
}
