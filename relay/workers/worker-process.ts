// One call worker as its front sees it: a child process, the link to it, the sockets handed to it.
import { type ChildProcess, fork } from 'node:child_process'
import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { fileURLToPath } from 'node:url'
import type { ProcessReport } from '../http/metrics-process.ts'
import type { Logger } from '../platform/logger.ts'
import type { Person, TapListener, UpgradeRequest } from '../platform/ports.ts'
import { handOver } from './hand-over.ts'
import { Link } from './link.ts'
import type { FrontMethods, WorkerLoad, WorkerMethods, WorkerSettings } from './link-methods.ts'
import { plainSocket } from './plain-socket.ts'

/** A worker that does not end in time when told to is ended. */
const END_WITHIN_MS = 2_000
const UP_WITHIN_MS = 15_000

export interface WorkerProcessDeps {
  log: Logger
  methods: (self: WorkerProcess) => FrontMethods
  onExit: () => void
}

export class WorkerProcess {
  readonly link: Link<WorkerMethods, FrontMethods>
  /** Those who listen to calls of this worker, by the number it knows them by. */
  readonly listeners = new Map<number, TapListener>()
  /** Resolves when it takes calls. */
  readonly up: Promise<void>
  readonly #child: ChildProcess
  readonly #exited: Promise<void>
  readonly #startedAt = Date.now()
  #load: WorkerLoad | null = null
  #isUp = (): void => {}
  #isReady = false
  #count = 0

  /** Its place among the workers: one that takes another's place has its number. */
  readonly slot: number

  constructor(slot: number, settings: WorkerSettings, deps: WorkerProcessDeps) {
    this.slot = slot
    this.#child = startProcess()
    this.link = new Link<WorkerMethods, FrontMethods>(
      {
        send: (message, done) => {
          if (this.#child.connected) this.#child.send(message as object, undefined, {}, done)
          else done(new Error('The worker is gone.'))
        },
      },
      deps.methods(this),
    )
    this.#child.on('message', (message) => this.link.receive(message))
    this.#child.on('error', (error) => deps.log.error('A call worker failed', { error: error.message }))
    this.#exited = new Promise((resolve) => {
      // What it said last is read before its channel ends, which may be after the process.
      let ends = 0
      const end = (): void => {
        this.#isReady = false
        if (++ends < 2) return
        this.link.lose()
        deps.onExit()
        resolve()
      }
      this.#child.on('exit', end)
      this.#child.on('disconnect', end)
    })
    this.up = new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error('A call worker did not start in time.')), UP_WITHIN_MS)
      this.#isUp = () => {
        clearTimeout(timer)
        this.#isReady = true
        resolve()
      }
      this.#child.once('exit', (code) => reject(new Error(`A call worker ended with ${code} when it started.`)))
    })
    // Only who starts it waits for it.
    this.up.catch(() => {})
    this.#child.send(settings)
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }
  get age_ms(): number {
    return Date.now() - this.#startedAt
  }
  get isReady(): boolean {
    return this.#isReady
  }
  /** Calls we have left and the carrier has not yet asked how to go on with. */
  get unasked(): number {
    return this.#load?.unasked ?? 0
  }
  get isOverloaded(): boolean {
    return this.#load?.bridge.is_overloaded ?? false
  }
  /** Null until it has said something of itself. */
  get report(): ProcessReport | null {
    if (this.#load === null) return null
    const { usage, bridge } = this.#load
    const letters_dropped = bridge.letters_dropped + this.link.dropped
    return { process: `worker_${this.slot}`, ...usage, bridge: { ...bridge, letters_dropped } }
  }

  isUp(): void {
    this.#isUp()
  }
  reports(load: WorkerLoad): void {
    this.#load = load
  }

  listen(call_sid: string, person: Person, listener: TapListener): () => void {
    const id = ++this.#count
    this.listeners.set(id, listener)
    this.link.tell('listen', id, call_sid, person)
    return () => {
      if (this.listeners.delete(id)) this.link.tell('unlisten', id)
    }
  }

  /** Hands the carrier's socket over, with every byte that came in already. */
  takeMedia(request: UpgradeRequest, socket: Duplex, head: Buffer): void {
    const plain = socket instanceof Socket && !('encrypted' in socket) ? Promise.resolve(socket) : plainSocket(socket)
    plain.then(
      (handle) => {
        // What was told of this call before must be there before its socket.
        this.link.flush()
        handOver(this.#child, request, handle, head)
      },
      () => socket.destroy(),
    )
  }

  /** @returns when it has ended */
  async close(): Promise<void> {
    this.link.tell('close')
    this.link.flush()
    const late = setTimeout(() => this.#child.kill('SIGKILL'), END_WITHIN_MS)
    await this.#exited
    clearTimeout(late)
  }
}

/**
 * What is new in the heap of a worker dies within milliseconds, but for answers that are being heard: 4 MiB are enough for
 * it (Node's 16 cost as much memory as a hundred calls), and one thread collects them. More threads wait for each other
 * where every core has its own worker. The whole heap may grow to three times what lives in it before it is marked: while
 * it is, every call waits.
 */
const COLLECTION = ['--max-semi-space-size=4', '--single-threaded-gc', '--heap-growing-percent=200']

/** From its source or as built, whatever this file itself is. */
function startProcess(): ChildProcess {
  const isSource = import.meta.url.endsWith('.ts')
  const file = fileURLToPath(new URL(isSource ? './call-worker.ts' : './call-worker.js', import.meta.url))
  return fork(file, [], {
    // Dates and bytes cross as what they are.
    serialization: 'advanced',
    execArgv: [...COLLECTION, ...(isSource ? ['--import', 'tsx'] : [])],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
}
