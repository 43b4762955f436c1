// A spool's files: segments of lines, the cursor of what is applied, the rejected records, and the ballast that is given
// up when the disk is full.
import { randomBytes } from 'node:crypto'
import { type FileHandle, mkdir, open, readdir, readFile, rename, rm, stat, statfs, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { StoreError } from './doc-store.ts'

const SEGMENT = /^(\d{16})\.spool$/
export const SEGMENT_BYTES = 8 * 1024 * 1024
export const BALLAST_BYTES = 8 * 1024 * 1024
const OWNER_ONLY = 0o600

export interface Segment {
  path: string
  first_seq: number
}

/** @throws StoreError UNAVAILABLE with one sentence when the folder cannot be used */
export async function prepareSpoolFolder(dir: string): Promise<void> {
  try {
    await mkdir(dir, { recursive: true, mode: 0o700 })
  } catch (cause) {
    const { message } = cause as Error
    throw new StoreError('UNAVAILABLE', `The spool folder ${dir} cannot be used: ${message}.`, { cause })
  }
}

/** Oldest first. */
export async function listSegments(dir: string): Promise<Segment[]> {
  const names = (await readdir(dir)).filter((name) => SEGMENT.test(name)).sort()
  return names.map((name) => ({ path: join(dir, name), first_seq: Number(SEGMENT.exec(name)![1]) }))
}

/** The file being written. Opened anew at each start, so nothing is ever written behind a torn line. */
export class SegmentWriter {
  readonly segment: Segment
  readonly #file: FileHandle
  #bytes = 0

  private constructor(segment: Segment, file: FileHandle) {
    this.segment = segment
    this.#file = file
  }

  static async create(dir: string, first_seq: number): Promise<SegmentWriter> {
    const path = join(dir, `${String(first_seq).padStart(16, '0')}.spool`)
    const file = await open(path, 'w', OWNER_ONLY)
    await syncFolder(dir).catch(async (error: unknown) => {
      await file.close()
      throw error
    })
    return new SegmentWriter({ path, first_seq }, file)
  }

  get isFull(): boolean {
    return this.#bytes >= SEGMENT_BYTES
  }

  /**
   * All of it is on the disk, or none of it is in the file.
   * @throws the file system's error
   */
  async write(lines: string): Promise<void> {
    const bytes = Buffer.from(lines)
    try {
      let written = 0
      while (written < bytes.length) {
        const position = this.#bytes + written
        written += (await this.#file.write(bytes, written, bytes.length - written, position)).bytesWritten
      }
      await this.#file.datasync()
      this.#bytes += bytes.length
    } catch (error) {
      await this.#file.truncate(this.#bytes)
      throw error
    }
  }

  async close(): Promise<void> {
    await this.#file.close()
  }
}

/** A new file's name is on the disk only once its folder is. Windows has no such call and needs none. */
async function syncFolder(dir: string): Promise<void> {
  if (process.platform === 'win32') return
  const folder = await open(dir, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

/** The last sequence number of which it and all before it are applied; 0 when nothing is known. */
export async function readCursor(dir: string): Promise<number> {
  try {
    const seq = Number(await readFile(join(dir, 'applied'), 'utf8'))
    return Number.isSafeInteger(seq) && seq > 0 ? seq : 0
  } catch {
    // Missing or unreadable: everything that is still there is applied once more, which is harmless.
    return 0
  }
}

export async function writeCursor(dir: string, seq: number): Promise<void> {
  const path = join(dir, 'applied')
  await writeFile(`${path}.new`, String(seq), { mode: OWNER_ONLY })
  await rename(`${path}.new`, path)
}

/** For a person to look at: what could not be applied, with the reason in front. */
export async function appendRejected(dir: string, reason: string, line: string): Promise<void> {
  const file = await open(join(dir, 'rejected'), 'a', OWNER_ONLY)
  try {
    await file.write(`# ${reason.replaceAll('\n', ' ')}\n${line.trimEnd()}\n`)
    await file.datasync()
  } finally {
    await file.close()
  }
}

/**
 * Random bytes, so that no file system can store it in less.
 * @returns whether it is there now
 */
export async function makeBallast(dir: string): Promise<boolean> {
  const path = join(dir, 'ballast')
  const { size } = await stat(path).catch(() => ({ size: 0 }))
  if (size >= BALLAST_BYTES) return true
  try {
    await writeFile(path, await promisify(randomBytes)(BALLAST_BYTES), { mode: OWNER_ONLY })
    return true
  } catch {
    await dropBallast(dir)
    return false
  }
}

export async function dropBallast(dir: string): Promise<void> {
  await rm(join(dir, 'ballast'), { force: true }).catch(() => undefined)
}

/** Whether the ballast fits with room to spare, so that making it does not fill the disk again. */
export async function hasRoomForBallast(dir: string): Promise<boolean> {
  const { bavail, bsize } = await statfs(dir)
  return bavail * bsize > 4 * BALLAST_BYTES
}
