// The folder everything embedded lies in: made when missing, refused with one sentence when it cannot be used.
import { accessSync, constants, mkdirSync, statSync } from 'node:fs'
import { StoreError } from './doc-store.ts'

/**
 * Mode 0700 when it is made here; the mode of a folder that was there is its owner's affair.
 * @throws StoreError UNAVAILABLE with one sentence for the operator
 * @source ours
 */
export function prepareFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    if (!statSync(folder).isDirectory()) throw Object.assign(new Error(), { code: 'ENOTDIR' })
    accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK)
  } catch (cause) {
    throw new StoreError('UNAVAILABLE', `Phony cannot use its data folder ${folder}: ${reason(cause)}`, {
      cause,
    })
  }
}

function reason(cause: unknown): string {
  switch ((cause as NodeJS.ErrnoException).code) {
    case 'EACCES':
    case 'EPERM':
      return 'this user may not read and write there. Change its owner, or set DATA_DIR to another folder.'
    case 'EROFS':
      return 'it is on a read-only disk. Set DATA_DIR to another folder.'
    case 'ENOTDIR':
    case 'EEXIST':
      return 'a file is in its place. Set DATA_DIR to another folder.'
    case 'ENOSPC':
      return 'the disk is full. Make space, or set DATA_DIR to another folder.'
    default:
      return `${(cause as Error).message}. Set DATA_DIR to another folder.`
  }
}
