// The thread the embedded store lives in, so that a large query never holds the event loop and its audio frames. It
// gathers the calls that wait, lets the engine run them together, and answers.
import { parentPort, workerData } from 'node:worker_threads'
import { EmbeddedEngine } from './embedded-engine.ts'
import { lockFolder } from './embedded-lock.ts'
import {
  type Call,
  type FromWorker,
  type PlacedCall,
  sharedClockMs,
  type TablePlace,
  type ToWorker,
  type WorkerSettings,
} from './embedded-protocol.ts'
import { sqliteBinding } from './sqlite-binding.ts'
import { failureOf } from './store-failures.ts'

/** In one transaction. More would not save another fsync worth waiting for. */
const CALLS_TOGETHER = 500

const port = parentPort!
const { data_dir } = workerData as WorkerSettings
const tell = (message: FromWorker): void => port.postMessage(message)

try {
  const sqlite = await sqliteBinding()
  const lock = lockFolder(data_dir, sqlite)
  serve(new EmbeddedEngine(data_dir, sqlite), () => lock.release())
  tell({ type: 'opened', taken_over_from_pid: lock.taken_over_from_pid })
} catch (error) {
  tell({ type: 'refused', failure: failureOf(error, data_dir) })
}

function serve(engine: EmbeddedEngine, release: () => void): void {
  const places = new Map<number, TablePlace>()
  const waiting: Call[] = []
  let isScheduled = false

  const runWaiting = (): void => {
    isScheduled = false
    const calls = waiting.splice(0, CALLS_TOGETHER)
    if (waiting.length > 0) schedule()
    const now_ms = sharedClockMs()
    // Nobody waits for the others any more: the caller was told that they did not happen in time.
    const live = calls.filter((call) => call.expires_at_ms > now_ms)
    const placed: PlacedCall[] = live.map((call) => ({ at: places.get(call.place)!, ...call }))
    tell({ type: 'replies', replies: engine.run(placed) })
  }
  const schedule = (): void => {
    if (isScheduled) return
    isScheduled = true
    // After the messages that have arrived: those are what shares a transaction.
    setImmediate(runWaiting)
  }

  port.on('message', (message: ToWorker) => {
    if (message.type === 'place') places.set(message.number, message.place)
    else if (message.type === 'call') {
      waiting.push(message.call)
      schedule()
    } else {
      while (waiting.length > 0) runWaiting()
      engine.close()
      release()
      tell({ type: 'closed' })
      port.close()
    }
  })
}
