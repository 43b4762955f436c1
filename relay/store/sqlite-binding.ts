// SQLite as the runtime has it: `node:sqlite` from Node 22.13 on, else the prebuilt twin with the same interface.
import type { DatabaseSyncInstance } from '@photostructure/sqlite'

export type Database = DatabaseSyncInstance
export type OpenDatabase = (file: string) => Database

/**
 * @throws when neither is there, which is a broken installation
 * @source Node.js documentation, "SQLite"; @photostructure/sqlite 1.2, the last line for Node 20
 */
export async function sqliteBinding(): Promise<OpenDatabase> {
  // On a runtime where the module still hides behind a flag this gives undefined, and nothing throws or warns.
  const builtin = process.getBuiltinModule?.('node:sqlite' as 'node:fs') as unknown as
    | { DatabaseSync: new (file: string) => Database }
    | undefined
  if (builtin) return (file) => new builtin.DatabaseSync(file)
  const { DatabaseSync } = await import('@photostructure/sqlite')
  return (file) => new DatabaseSync(file) as Database
}
