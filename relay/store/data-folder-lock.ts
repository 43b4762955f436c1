// The data folder of a relay whose store lies elsewhere: its spool and its secrets still belong to one process alone.
import { prepareFolder } from './data-folder.ts'
import { lockFolder } from './embedded-lock.ts'
import { sqliteBinding } from './sqlite-binding.ts'

/** @throws StoreError UNAVAILABLE with one sentence when the folder cannot be used or another process has it */
export async function holdDataFolder(data_dir: string): Promise<{ close(): void }> {
  prepareFolder(data_dir)
  const lock = lockFolder(data_dir, await sqliteBinding())
  return { close: () => lock.release() }
}
