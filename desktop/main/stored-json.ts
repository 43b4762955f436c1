// Small JSON files in the user's data folder: checked when read, written whole or not at all, readable by their owner
// only.
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import type { z } from 'zod'

/**
 * @returns null when the file is missing, unreadable or of another form; the caller has a sensible beginning for that
 * @throws never
 * @source ours
 */
export function readJson<T extends z.ZodType>(path: string, schema: T): z.output<T> | null {
  try {
    const parsed = schema.safeParse(JSON.parse(readFileSync(path, 'utf8')))
    return parsed.success ? parsed.data : null
  } catch {
    return null
  }
}

/**
 * A crash in the middle leaves the earlier file: the new one is renamed into its place.
 * @throws when the disk does not take it
 * @source ours
 */
export function writeJson(path: string, value: unknown): void {
  mkdirSync(dirname(path), { recursive: true })
  const next = `${path}.${process.pid}.tmp`
  writeFileSync(next, JSON.stringify(value), { mode: 0o600 })
  renameSync(next, path)
}
