// The disk under the spool as health sees it: its free space, and whether it refused a fact lately.
import { statfs } from 'node:fs/promises'
import type { Clock } from '../platform/ports.ts'
import type { DiskFacts } from './health.ts'

export interface DiskWatch {
  look(): Promise<DiskFacts>
  /** The disk took no fact. */
  refused(): void
}

/** Less than this the next facts of a few calls may not fit. */
const NEEDED_BYTES = 1024 * 1024
/** The spool takes its ballast of 8 MiB back at so much, which says that someone has made room. */
const ROOM_BYTES = 32 * 1024 * 1024
/** A quota refuses while the file system shows space: so long a refusal counts whatever is shown. */
const REFUSAL_COUNTS_MS = 30_000

/** @param dir the spool's folder, which is there */
export function watchDisk({ dir, clock }: { dir: string; clock: Pick<Clock, 'monotonic_ms'> }): DiskWatch {
  /** Null when there is room since the last refusal: an append that fits into the given-up ballast is not room. */
  let refused_at_ms: number | null = null
  return {
    async look() {
      const { bavail, bsize } = await statfs(dir)
      const free_bytes = bavail * bsize
      const isRecent = refused_at_ms !== null && clock.monotonic_ms() - refused_at_ms < REFUSAL_COUNTS_MS
      if (!isRecent && free_bytes > ROOM_BYTES) refused_at_ms = null
      return { free_bytes, is_full: refused_at_ms !== null || free_bytes < NEEDED_BYTES }
    },
    refused() {
      refused_at_ms = clock.monotonic_ms()
    },
  }
}
