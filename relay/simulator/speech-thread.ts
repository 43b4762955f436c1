// The near end of the speech thread: starts it, asks it, restarts it after a crash.
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'
import { Worker } from 'node:worker_threads'
import type { Log, Voice } from './speech.ts'
import type { SpeakAnswer, SpeakRequest } from './speech-worker.ts'

export class SpeechThread {
  readonly #log: Log | undefined
  readonly #waiting = new Map<number, { resolve: (mulaw: Uint8Array) => void; reject: (error: Error) => void }>()
  #worker: Worker | null = null
  #nextId = 1
  #isClosed = false

  constructor(log: Log | undefined) {
    this.#log = log
  }

  speak(text: string, voice: Voice): Promise<Uint8Array> {
    if (this.#isClosed) return Promise.reject(new Error('The speech engine is closed.'))
    const id = this.#nextId++
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject })
      const worker = this.#thread()
      // Only unfinished speech keeps the process alive.
      worker.ref()
      worker.postMessage({ id, text, voice } satisfies SpeakRequest)
    })
  }

  async close(): Promise<void> {
    this.#isClosed = true
    await this.#worker?.terminate()
    this.#fail(new Error('The speech engine is closed.'))
  }

  #thread(): Worker {
    if (this.#worker) return this.#worker
    const worker = startWorker()
    worker.on('message', (answer: SpeakAnswer) => this.#settle(answer))
    worker.on('error', (error) => {
      this.#log?.('speech thread failed', { error: String(error) })
      this.#worker = null
      this.#fail(error instanceof Error ? error : new Error(String(error)))
    })
    this.#worker = worker
    return worker
  }

  #settle(answer: SpeakAnswer): void {
    const waiting = this.#waiting.get(answer.id)
    this.#waiting.delete(answer.id)
    if (this.#waiting.size === 0) this.#worker?.unref()
    if ('mulaw' in answer) waiting?.resolve(answer.mulaw)
    else waiting?.reject(new Error(answer.failure))
  }

  #fail(error: Error): void {
    for (const waiting of this.#waiting.values()) waiting.reject(error)
    this.#waiting.clear()
  }
}

/** Emitted, the thread's file is plain JavaScript; run from source, the thread registers the loader first (tsx itself does so in main threads only). */
function startWorker(): Worker {
  const options = { execArgv: ['--no-warnings'] }
  if (!import.meta.url.endsWith('.ts')) return new Worker(new URL('./speech-worker.js', import.meta.url), options)
  const tsx = createRequire(import.meta.url).resolve('tsx/package.json')
  const loader = new URL('./dist/esm/api/index.mjs', pathToFileURL(tsx)).href
  const file = new URL('./speech-worker.ts', import.meta.url).href
  const source = `import(${JSON.stringify(loader)}).then((tsx) => { tsx.register(); return import(${JSON.stringify(file)}) })`
  return new Worker(source, { ...options, eval: true })
}
