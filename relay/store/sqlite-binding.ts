// SQLite as the runtime has it: `node:sqlite` from Node 22.13 on, else the prebuilt twin with the same interface.
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { DatabaseSyncInstance } from '@photostructure/sqlite'

export type Database = DatabaseSyncInstance
export interface Sqlite {
  open(file: string): Database
  /** Lets go of the files of closed databases. */
  sweep(): void
}

/**
 * @throws when neither is there, which is a broken installation
 * @source Node.js documentation, "SQLite"; @photostructure/sqlite 1.2, the last line for Node 20
 */
export async function sqliteBinding(): Promise<Sqlite> {
  // On a runtime where the module still hides behind a flag this gives undefined, and nothing throws or warns.
  const builtin = process.getBuiltinModule?.('node:sqlite' as 'node:fs') as unknown as
    | { DatabaseSync: new (file: string) => Database }
    | undefined
  if (builtin) return { open: (file) => new builtin.DatabaseSync(file), sweep: () => {} }
  const { DatabaseSync } = await import('@photostructure/sqlite')
  return { open: (file) => new DatabaseSync(file) as Database, sweep: collectGarbage }
}

/**
 * The twin's `close` leaves a database open until its prepared statements are collected: three descriptors a file, seen
 * with 100 files. Nothing else ends a statement there.
 */
function collectGarbage(): void {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  collect()
}
