// What the main thread and the store's worker say to each other. Arguments were checked in `tenant-store.ts`.
import type { CollectionSpec, Doc, Filter, FindOptions, Stage, Update } from './doc-store.ts'
import type { Failure } from './store-failures.ts'

/** A table of one file: where a collection of one tenant, or of the platform, lies. */
export interface TablePlace {
  /** Relative to the data folder. */
  file: string
  table: string
  indexes: CollectionSpec['indexes']
}

export type Operation =
  | { kind: 'insert'; docs: Doc[]; isMany: boolean }
  | { kind: 'find'; filter: Filter; options: FindOptions }
  | { kind: 'count'; filter: Filter }
  | { kind: 'update'; filter: Filter; update: Update; isMany: boolean; upsert: boolean }
  | { kind: 'find_and_update'; filter: Filter; update: Update; upsert: boolean; options: FindAndUpdate }
  | { kind: 'delete'; filter: Filter }
  | { kind: 'aggregate'; stages: Stage[] }
  | { kind: 'ping' }
export interface FindAndUpdate {
  return_document?: 'before' | 'after'
  sort?: FindOptions['sort']
}

export interface Call {
  id: number
  place: number
  operation: Operation
  /** On the monotonic clock that all threads share: later than this nobody waits for the answer. */
  expires_at_ms: number
}
export interface PlacedCall extends Call {
  at: TablePlace
}
export type Reply = { id: number; value: unknown } | { id: number; failure: Failure }

export type ToWorker =
  | { type: 'place'; number: number; place: TablePlace }
  | { type: 'call'; call: Call }
  | { type: 'close' }
export type FromWorker =
  | { type: 'opened'; taken_over_from_pid: number | null }
  | { type: 'refused'; failure: Failure }
  | { type: 'replies'; replies: Reply[] }
  | { type: 'closed' }

export interface WorkerSettings {
  data_dir: string
}

/** Milliseconds of the clock that does not jump and that all threads of the process share. */
export function sharedClockMs(): number {
  return Number(process.hrtime.bigint() / 1_000_000n)
}
