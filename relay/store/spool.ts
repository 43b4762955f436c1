// What a call produces goes to this file first and to the store when it can take it, so that a store that is slow, full
// or away costs no call and no record. Appending waits for the disk, never for the store, and never blocks the loop.
//
//   append → buffer → segment (one write and fdatasync for all that wait) → queue by key → apply → cursor
import { readFile, rm } from 'node:fs/promises'
import { setTimeout as pause } from 'node:timers/promises'
import { systemClock } from '../platform/clock.ts'
import type { Logger } from '../platform/logger.ts'
import type { Clock } from '../platform/ports.ts'
import { StoreError } from './doc-store.ts'
import {
  appendRejected,
  dropBallast,
  hasRoomForBallast,
  listSegments,
  makeBallast,
  prepareSpoolFolder,
  readCursor,
  type Segment,
  SegmentWriter,
  writeCursor,
} from './spool-files.ts'
import { decodeLine, encodeLine } from './spool-lines.ts'
import { type Queued, SpoolQueue } from './spool-queue.ts'

export interface Spool<T> {
  /**
   * Resolves once the record is on the disk.
   * @throws StoreError NO_SPACE when the disk is full (the ballast is given up for the next ones), UNAVAILABLE
   */
  append(record: T): Promise<void>
  /** What is not applied yet, and the age of the oldest. */
  pending(): { records: number; oldest_ms: number | null }
  /**
   * Resolves once everything appended so far is applied, or the spool is closed.
   * @param only what was appended with this key; no longer than so many milliseconds
   */
  flushed(only?: { key?: string; within_ms?: number }): Promise<void>
  /** What is not applied stays for the next start. */
  close(): Promise<void>
}

export interface SpoolOptions<T> {
  /** One process has it. */
  dir: string
  /** May see records twice. They are of one key and in order. */
  apply: (records: T[]) => Promise<void>
  log?: Pick<Logger, 'info' | 'warn' | 'error'>
  clock?: Clock
}

/** The cursor is written this long after something was applied: it only spares work at the next start. */
const CURSOR_DELAY_MS = 200
/** The disk is asked for no more than fifty writes a second: beyond that, what is appended shares the next one. */
const GATHER_MS = 20

/**
 * @throws StoreError UNAVAILABLE when the folder cannot be used
 * @source product text, reliability: no acknowledged record is lost
 */
export async function openSpool<T extends { key: string }>(options: SpoolOptions<T>): Promise<Spool<T>> {
  await prepareSpoolFolder(options.dir)
  const spool = new FileSpool(options)
  await spool.start()
  return spool
}

/** Somebody who waits: for all records up to one, or for those of a key that were open when they came. */
interface Flusher {
  upto_seq: number
  of_key: Set<number> | null
  resolve(): void
}

interface Waiting<T> extends Queued<T> {
  line: string
  resolve(): void
  reject(error: unknown): void
}

class FileSpool<T extends { key: string }> implements Spool<T> {
  readonly #dir: string
  readonly #log: SpoolOptions<T>['log']
  readonly #clock: Clock
  readonly #queue: SpoolQueue<T>
  /** Not applied yet, by sequence number, oldest first. */
  readonly #open = new Map<number, { at_ms: number; key: string }>()
  readonly #openOf = new Map<string, Set<number>>()
  readonly #segments: Segment[] = []
  #next_seq = 1
  #buffer: Waiting<T>[] = []
  #writer: SegmentWriter | null = null
  #writing: Promise<void> | null = null
  #wroteAtMs = Number.NEGATIVE_INFINITY
  readonly #flushers = new Set<Flusher>()
  #cursor_seq = 0
  #cursorTimer: { cancel(): void } | null = null
  #cursorWrite: Promise<void> = Promise.resolve()
  #hasBallast = false
  #isClosed = false

  constructor({ dir, apply, log, clock = systemClock }: SpoolOptions<T>) {
    this.#dir = dir
    this.#log = log
    this.#clock = clock
    this.#queue = new SpoolQueue({
      apply,
      reject: (entry, error) => this.#setAside(entry, error),
      done: (seq) => this.#finish(seq),
      clock,
    })
  }

  async start(): Promise<void> {
    this.#cursor_seq = await readCursor(this.#dir)
    this.#next_seq = this.#cursor_seq + 1
    const left: Queued<T>[] = []
    for (const segment of await listSegments(this.#dir)) {
      const records = await this.#readSegment(segment)
      left.push(...records)
      if (records.length > 0) this.#segments.push(segment)
      else await rm(segment.path, { force: true })
    }
    if (left.length > 0) this.#log?.info('Records of the last run are applied now', { records: left.length })
    for (const entry of left) this.#begin(entry)
    for (const entry of left) this.#queue.add(entry)
    this.#hasBallast = await makeBallast(this.#dir)
    if (!this.#hasBallast) this.#log?.warn('The disk is too full for the ballast of the spool')
  }

  append(record: T): Promise<void> {
    if (this.#isClosed) return Promise.reject(new StoreError('UNAVAILABLE', 'The spool is closed.'))
    return new Promise((resolve, reject) => {
      const at_ms = this.#clock.now().getTime()
      const line = encodeLine({ seq: this.#next_seq, at_ms, record })
      const seq = this.#next_seq++
      this.#begin({ seq, at_ms, record })
      this.#buffer.push({ seq, at_ms, record, line, resolve, reject })
      this.#writing ??= this.#writeBuffered()
    })
  }

  pending(): { records: number; oldest_ms: number | null } {
    const oldest = this.#open.values().next()
    const oldest_ms = oldest.done ? null : Math.max(0, this.#clock.now().getTime() - oldest.value.at_ms)
    return { records: this.#open.size, oldest_ms }
  }

  flushed({ key, within_ms }: { key?: string; within_ms?: number } = {}): Promise<void> {
    return new Promise((done) => {
      const timer = within_ms === undefined ? null : this.#clock.setTimeout(() => this.#let(flusher), within_ms)
      const flusher: Flusher = {
        upto_seq: this.#next_seq - 1,
        of_key: key === undefined ? null : new Set(this.#openOf.get(key)),
        resolve() {
          timer?.cancel()
          done()
        },
      }
      this.#flushers.add(flusher)
      if (this.#isFlushed(flusher) || this.#isClosed) this.#let(flusher)
      else this.#queue.hurry()
    })
  }

  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    await this.#writing
    await this.#queue.close()
    for (const flusher of this.#flushers) this.#let(flusher)
    this.#cursorTimer?.cancel()
    this.#saveCursor()
    await this.#cursorWrite
    await this.#writer?.close()
  }

  /** Takes all that waits, again and again, until nothing does. */
  async #writeBuffered(): Promise<void> {
    // One turn of the loop: what is appended in it shares the write.
    await Promise.resolve()
    while (this.#buffer.length > 0) {
      const early_ms = this.#wroteAtMs + GATHER_MS - performance.now()
      if (early_ms > 0) await pause(early_ms)
      this.#wroteAtMs = performance.now()
      const batch = this.#buffer
      this.#buffer = []
      try {
        await this.#writeBatch(batch)
        for (const { seq, at_ms, record, resolve } of batch) {
          resolve()
          this.#queue.add({ seq, at_ms, record })
        }
        if (this.#isWaitedFor(batch)) this.#queue.hurry()
      } catch (cause) {
        const error = await this.#refusal(cause)
        for (const entry of batch) {
          entry.reject(error)
          this.#finish(entry.seq)
        }
      }
    }
    this.#writing = null
  }

  async #writeBatch(batch: Waiting<T>[]): Promise<void> {
    if (this.#writer?.isFull) {
      const full = this.#writer
      this.#writer = null
      await full.close()
    }
    if (this.#writer === null) {
      this.#writer = await SegmentWriter.create(this.#dir, batch[0]!.seq)
      this.#segments.push(this.#writer.segment)
    }
    await this.#writer.write(batch.map((entry) => entry.line).join(''))
  }

  async #refusal(cause: unknown): Promise<StoreError> {
    const isFull = ['ENOSPC', 'EDQUOT'].includes((cause as NodeJS.ErrnoException).code ?? '')
    if (!isFull) {
      // After a failed write or fsync nobody knows what the file holds; the next lines go to another one.
      await this.#writer?.close().catch(() => undefined)
      this.#writer = null
      this.#log?.error('The spool cannot write', { error: String(cause) })
      return new StoreError('UNAVAILABLE', `The spool cannot write: ${(cause as Error).message}.`, { cause })
    }
    if (this.#hasBallast) {
      this.#hasBallast = false
      await dropBallast(this.#dir)
      this.#log?.error('The disk is full; the ballast of the spool was given up so that running calls can end')
    }
    return new StoreError('NO_SPACE', 'The disk is full; the record was not kept.', { cause })
  }

  #appliedUpTo(): number {
    const first = this.#open.keys().next()
    return first.done ? this.#next_seq - 1 : first.value - 1
  }

  #begin({ seq, at_ms, record: { key } }: Queued<T>): void {
    this.#open.set(seq, { at_ms, key })
    const same = this.#openOf.get(key)
    if (same) same.add(seq)
    else this.#openOf.set(key, new Set([seq]))
  }

  #isFlushed({ upto_seq, of_key }: Flusher): boolean {
    return of_key ? of_key.size === 0 : upto_seq <= this.#appliedUpTo()
  }

  /** Those who wait for other keys are not helped by a round that begins earlier. */
  #isWaitedFor(batch: Queued<T>[]): boolean {
    for (const { of_key } of this.#flushers) if (!of_key || batch.some(({ seq }) => of_key.has(seq))) return true
    return false
  }

  #let(flusher: Flusher): void {
    this.#flushers.delete(flusher)
    flusher.resolve()
  }

  #finish(seq: number): void {
    const key = this.#open.get(seq)?.key ?? ''
    const same = this.#openOf.get(key)
    this.#open.delete(seq)
    same?.delete(seq)
    if (same?.size === 0) this.#openOf.delete(key)
    for (const flusher of this.#flushers) {
      flusher.of_key?.delete(seq)
      if (this.#isFlushed(flusher)) this.#let(flusher)
    }
    if (this.#isClosed) return
    this.#cursorTimer ??= this.#clock.setTimeout(() => {
      this.#cursorTimer = null
      this.#saveCursor()
    }, CURSOR_DELAY_MS)
  }

  #saveCursor(): void {
    const seq = this.#appliedUpTo()
    if (seq <= this.#cursor_seq) return
    this.#cursor_seq = seq
    this.#cursorWrite = this.#cursorWrite
      .then(async () => {
        await writeCursor(this.#dir, seq)
        await this.#dropSegments(seq)
        if (!this.#hasBallast && (await hasRoomForBallast(this.#dir))) this.#hasBallast = await makeBallast(this.#dir)
      })
      .catch((error: unknown) => this.#log?.warn('The cursor of the spool was not written', { error: String(error) }))
  }

  /** A segment ends where the next begins; the one being written stays. */
  async #dropSegments(applied_seq: number): Promise<void> {
    while (this.#segments.length > 0) {
      const end = this.#segments[1]?.first_seq ?? (this.#writer === null ? this.#next_seq : Number.POSITIVE_INFINITY)
      if (end - 1 > applied_seq) break
      await rm(this.#segments.shift()!.path, { force: true })
    }
  }

  async #setAside({ seq, at_ms, record }: Queued<T>, error: unknown): Promise<void> {
    const reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
    await appendRejected(this.#dir, reason, encodeLine({ seq, at_ms, record }))
    this.#log?.error('A record cannot be applied; it was set aside in the file "rejected"', {
      seq,
      'pii.error': reason,
    })
  }

  /** @returns what is not applied yet */
  async #readSegment({ path }: Segment): Promise<Queued<T>[]> {
    const lines = (await readFile(path, 'utf8')).split('\n')
    const left: Queued<T>[] = []
    for (const [at, line] of lines.entries()) {
      if (line === '') continue
      const decoded = decodeLine<T>(line)
      if (decoded !== null) {
        this.#next_seq = Math.max(this.#next_seq, decoded.seq + 1)
        if (decoded.seq > this.#cursor_seq) left.push(decoded)
      } else if (at === lines.length - 1) {
        this.#log?.warn('The last line of the spool was cut short and skipped; it was never acknowledged', {
          path,
        })
      } else {
        this.#log?.error('A line of the spool is damaged; it was set aside in the file "rejected"', {
          path,
          line: at + 1,
        })
        await appendRejected(this.#dir, 'damaged line', line)
      }
    }
    return left
  }
}
