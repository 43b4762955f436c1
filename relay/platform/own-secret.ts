// A secret nobody configured: made once, kept in the data folder for this user only, so that a restart keeps sign-ins.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { newSecret } from './ids.ts'

/** @throws when the folder cannot be written */
export function ownSecret(data_dir: string, name: string): string {
  const file = join(data_dir, 'secrets', name)
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
  mkdirSync(join(data_dir, 'secrets'), { recursive: true, mode: 0o700 })
  const secret = newSecret()
  writeFileSync(file, secret, { mode: 0o600 })
  return secret
}
