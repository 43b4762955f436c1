// What the front knows of a call that a worker carries: enough to command it, and to close its record if the worker dies.
import type { CallRecord, JournalRecord } from '../calls/call-facts.ts'
import { foldFact } from '../calls/call-records.ts'
import type { WorkerProcess } from './worker-process.ts'

export class CarriedCall {
  readonly record: CallRecord
  readonly worker: WorkerProcess
  #stops: (() => void)[] = []

  constructor(record: CallRecord, worker: WorkerProcess) {
    this.record = { ...record, transcript: [...record.transcript] }
    this.worker = worker
  }

  /** Every fact passes by on its way to the disk. */
  follow({ seq, fact }: JournalRecord): void {
    foldFact(this.record, seq, fact)
  }

  serve(...stops: (() => void)[]): void {
    this.#stops.push(...stops)
  }

  unserve(): void {
    for (const stop of this.#stops.splice(0)) stop()
  }
}
