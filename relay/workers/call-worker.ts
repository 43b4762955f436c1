// A call worker as a process: waits for its settings, then carries calls. It ends with its front, not by signals that a
// terminal sends to the whole group.
import { composeWorker } from '../compose-worker.ts'
import type { WorkerSettings } from './link-methods.ts'

process.on('SIGINT', () => {})
process.on('SIGTERM', () => {})
process.once('message', (settings) => composeWorker(settings as WorkerSettings))
