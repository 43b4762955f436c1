// The store's engine, without its thread: files, tables and transactions. Operations that wait at the same time share
// one transaction and one fsync; each is acknowledged only after that.
import { chmodSync, closeSync, existsSync, mkdirSync, openSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Operation, PlacedCall, Reply, TablePlace } from './embedded-protocol.ts'
import { EmbeddedTable } from './embedded-table.ts'
import type { Database, Sqlite } from './sqlite-binding.ts'
import { failureOf, isStorageFailure } from './store-failures.ts'

interface OpenFile {
  db: Database
  tables: Map<string, EmbeddedTable>
}

/** Closed files after which their descriptors are swept up: a sweep takes some milliseconds. */
const CLOSED_BEFORE_SWEEP = 32
/** Open files kept: 500 cost 133 MB and 1,520 descriptors, and opening one anew 0.24 ms. */
const FILES_KEPT = 64

export class EmbeddedEngine {
  readonly #folder: string
  readonly #sqlite: Sqlite
  /** Least recently used first. */
  readonly #files = new Map<string, OpenFile>()
  #closed = 0

  constructor(folder: string, sqlite: Sqlite) {
    this.#folder = folder
    this.#sqlite = sqlite
  }

  /**
   * @param calls of any files, in the order they came
   * @returns one reply for each call; its writes are on the disk
   * @throws never: a failure is a reply
   */
  run(calls: PlacedCall[]): Reply[] {
    const byFile = groupByFile(calls)
    return [...byFile].flatMap(([file, group]) => this.#runGroup(file, group))
  }

  close(): void {
    for (const { db } of this.#files.values()) db.close()
    this.#files.clear()
  }

  #runGroup(file: string, calls: PlacedCall[]): Reply[] {
    const doesWrite = calls.some((call) => isWrite(call.operation))
    // Reading from a tenant that has nothing yet, or is gone, makes no file.
    if (!doesWrite && !this.#files.has(file) && !existsSync(join(this.#folder, file))) {
      return calls.map((call) => ({ id: call.id, value: emptyAnswer(call.operation) }))
    }
    let open: OpenFile
    try {
      open = this.#open(file)
    } catch (error) {
      const failure = failureOf(error, this.#folder)
      return calls.map((call) => ({ id: call.id, failure }))
    }
    if (!doesWrite) return calls.map((call) => this.#answer(open, call))
    return this.#runTogether(open, calls) ?? calls.map((call) => this.#runAlone(open, call))
  }

  /** @returns null when the disk failed: nothing happened, and each call must be tried alone */
  #runTogether(open: OpenFile, calls: PlacedCall[]): Reply[] | null {
    const { db } = open
    try {
      for (const call of calls) if (call.operation.kind !== 'ping') this.#table(open, call.at)
      db.exec('BEGIN IMMEDIATE')
      const replies = calls.map((call) => this.#runWithin(open, call))
      db.exec('COMMIT')
      return replies
    } catch {
      if (db.isTransaction) db.exec('ROLLBACK')
      return null
    }
  }

  /** An operation that is refused halfway leaves nothing behind and does not disturb its neighbours. */
  #runWithin(open: OpenFile, call: PlacedCall): Reply {
    const { db } = open
    if (!isWrite(call.operation)) return this.#answer(open, call)
    db.exec('SAVEPOINT operation')
    try {
      const value = perform(this.#table(open, call.at), call.operation)
      db.exec('RELEASE operation')
      return { id: call.id, value }
    } catch (error) {
      if (isStorageFailure(error) || !db.isTransaction) throw error
      db.exec('ROLLBACK TO operation')
      db.exec('RELEASE operation')
      return { id: call.id, failure: failureOf(error, this.#folder) }
    }
  }

  #runAlone(open: OpenFile, call: PlacedCall): Reply {
    const { db } = open
    try {
      const table = this.#table(open, call.at)
      db.exec('BEGIN IMMEDIATE')
      const value = perform(table, call.operation)
      db.exec('COMMIT')
      return { id: call.id, value }
    } catch (error) {
      if (db.isTransaction) db.exec('ROLLBACK')
      return { id: call.id, failure: failureOf(error, this.#folder) }
    }
  }

  #answer(open: OpenFile, call: PlacedCall): Reply {
    try {
      if (call.operation.kind === 'ping') return { id: call.id, value: open.db.prepare('SELECT 1').get() }
      return { id: call.id, value: perform(this.#table(open, call.at), call.operation) }
    } catch (error) {
      return { id: call.id, failure: failureOf(error, this.#folder) }
    }
  }

  #table(open: OpenFile, at: TablePlace): EmbeddedTable {
    let table = open.tables.get(at.table)
    if (table === undefined) {
      table = new EmbeddedTable(open.db, at.table, at.indexes)
      open.tables.set(at.table, table)
    }
    return table
  }

  #open(file: string): OpenFile {
    const kept = this.#files.get(file)
    if (kept !== undefined) {
      this.#files.delete(file)
      this.#files.set(file, kept)
      return kept
    }
    const opened: OpenFile = {
      db: openDatabaseFile(join(this.#folder, file), this.#sqlite),
      tables: new Map(),
    }
    this.#files.set(file, opened)
    if (this.#files.size > FILES_KEPT) this.#closeOldest()
    return opened
  }

  #closeOldest(): void {
    const [oldest, { db }] = this.#files.entries().next().value!
    this.#files.delete(oldest)
    db.close()
    this.#closed++
    if (this.#closed % CLOSED_BEFORE_SWEEP === 0) this.#sqlite.sweep()
  }
}

/** Readable by the relay's user alone; SQLite gives its side files the mode of the main one. */
export function openDatabaseFile(path: string, sqlite: Sqlite): Database {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  closeSync(openSync(path, 'a', 0o600))
  chmodSync(path, 0o600)
  const db = sqlite.open(path)
  try {
    // FULL: an acknowledged write survives a power cut, not only a crash.
    db.exec(
      'PRAGMA busy_timeout = 1000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -8000',
    )
    return db
  } catch (error) {
    db.close()
    throw error
  }
}

function isWrite({ kind }: Operation): boolean {
  return kind !== 'find' && kind !== 'count' && kind !== 'aggregate' && kind !== 'ping'
}

function perform(table: EmbeddedTable, operation: Operation): unknown {
  switch (operation.kind) {
    case 'insert':
      return operation.isMany ? table.insertMany(operation.docs) : table.insert(operation.docs[0]!)
    case 'find':
      return table.find(operation.filter, operation.options)
    case 'count':
      return table.count(operation.filter)
    case 'update':
      return table.update(operation.filter, operation.update, operation.isMany, operation.upsert)
    case 'find_and_update':
      return table.findAndUpdate(operation.filter, operation.update, operation.upsert, operation.options)
    case 'delete':
      return table.delete(operation.filter)
    case 'aggregate':
      return table.aggregate(operation.stages)
    case 'ping':
      return null
    default:
      return operation satisfies never
  }
}

/** What an empty collection answers. */
function emptyAnswer({ kind }: Operation): unknown {
  if (kind === 'count') return 0
  return kind === 'ping' ? null : []
}

function groupByFile(calls: PlacedCall[]): Map<string, PlacedCall[]> {
  const groups = new Map<string, PlacedCall[]>()
  for (const call of calls) {
    const group = groups.get(call.at.file)
    if (group) group.push(call)
    else groups.set(call.at.file, [call])
  }
  return groups
}
