// One process per data folder. The lock is the kernel's: an SQLite write lock, held as long as the process lives and gone
// with it, so a pid that was given to somebody else, or a container where every relay is pid 1, cannot mislead it.
import { join } from 'node:path'
import { StoreError } from './doc-store.ts'
import { openDatabaseFile } from './embedded-engine.ts'
import type { Sqlite } from './sqlite-binding.ts'

export interface FolderLock {
  /** The process that held it last and did not close, or null. */
  taken_over_from_pid: number | null
  release(): void
}

const LOCK_FILE = 'phony.lock'

/**
 * @throws StoreError UNAVAILABLE naming the pid of the process that has the folder
 * @source ours: two processes on one folder would each trust its own picture of it
 */
export function lockFolder(folder: string, sqlite: Sqlite): FolderLock {
  const db = openDatabaseFile(join(folder, LOCK_FILE), sqlite)
  const owner = (): number | null => {
    const row = db.prepare('SELECT pid FROM owner').get() as { pid: number } | undefined
    return row?.pid ?? null
  }
  try {
    db.exec('PRAGMA busy_timeout = 250')
    db.exec('CREATE TABLE IF NOT EXISTS owner (pid INTEGER NOT NULL)')
    const previous = owner()
    db.exec('BEGIN IMMEDIATE')
    db.exec(`DELETE FROM owner; INSERT INTO owner VALUES (${process.pid}); COMMIT; BEGIN IMMEDIATE`)
    return {
      taken_over_from_pid: previous,
      release: () => {
        db.exec('DELETE FROM owner; COMMIT')
        db.close()
      },
    }
  } catch (cause) {
    const pid = ownerOrUnknown(owner)
    db.close()
    if (((cause as { errcode?: number }).errcode ?? 0) % 256 !== 5) throw cause
    throw new StoreError(
      'UNAVAILABLE',
      `Process ${pid} is already using the data folder ${folder}; stop it first, or give this one another DATA_DIR.`,
    )
  }
}

/** The owner writes its pid before it takes the lock for good; in between it can be unknown. */
function ownerOrUnknown(owner: () => number | null): string {
  try {
    return String(owner() ?? '(unknown)')
  } catch {
    return '(unknown)'
  }
}
