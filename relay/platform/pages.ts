// Cursors of lists: where a page ended, as opaque text. Keyset paging, so that what comes in between shifts nothing.
import { RelayError } from './errors.ts'

type Value = Date | number | string
interface After {
  values: Value[]
  _id: string
}

/** A page ends with the item that reaches this; its cursor leads to the rest. */
export const PAGE_BYTES = 1024 * 1024
/** Items read at once where they may be heavy: a context version and what it changed can be 200 kB. */
const STEP_ITEMS = 10

/** @param kind how the sort field is to be read back */
export function startAfter(cursor: string | undefined, kind: 'date' | 'number' | 'text'): { after?: After } {
  if (cursor === undefined) return {}
  try {
    const [value, _id] = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')) as [unknown, unknown]
    if (typeof _id !== 'string') throw new Error('no id')
    if (kind === 'text') return { after: { values: [String(value)], _id } }
    const number = Number(value)
    if (!Number.isFinite(number)) throw new Error('no number')
    return { after: { values: [kind === 'date' ? new Date(number) : number], _id } }
  } catch (cause) {
    throw new RelayError(
      'BODY_INVALID',
      { errors: [{ pointer: '/query/cursor', detail: 'This is not a cursor of ours.' }] },
      { cause },
    )
  }
}

/**
 * One page of a list whose items may be heavy: up to `limit` of them, fewer when they are, never none when there is one.
 * It is read in steps. Two hundred snapshots of an agent were 13 MB at once, which held the thread for everybody.
 * @param kind as in `startAfter`
 * @param read reads the items after one, in the order of the list
 * @throws RelayError BODY_INVALID for a cursor that is none of ours, and what `read` throws
 * @source ours
 */
export async function readPage<T extends { _id: string }>(
  query: { cursor?: string | undefined; limit: number },
  kind: 'date' | 'number' | 'text',
  read: (step: { limit: number; after?: After }) => Promise<T[]>,
  sortValue: (item: T) => Value,
): Promise<{ items: T[]; next_cursor: string | null }> {
  const items: T[] = []
  let bytes = 0
  let start = startAfter(query.cursor, kind)
  for (;;) {
    const limit = Math.min(STEP_ITEMS, query.limit + 1 - items.length)
    const more = await read({ limit, ...start })
    for (const item of more) {
      const isFull = items.length === query.limit || bytes >= PAGE_BYTES
      if (isFull) return pageOf([...items, item], items.length, sortValue, (shown) => shown)
      items.push(item)
      bytes += Buffer.byteLength(JSON.stringify(item))
    }
    const last = more.at(-1)
    if (last === undefined || more.length < limit) return { items, next_cursor: null }
    start = { after: { values: [sortValue(last)], _id: last._id } }
  }
}

/** One page of a list that was read with one item more than its limit. */
export function pageOf<T extends { _id: string }, R>(
  items: T[],
  limit: number,
  sortValue: (item: T) => Value,
  show: (item: T) => R,
): { items: R[]; next_cursor: string | null } {
  const shown = items.slice(0, limit)
  const last = shown.at(-1)
  const next_cursor =
    items.length > limit && last
      ? Buffer.from(JSON.stringify([plain(sortValue(last)), last._id])).toString('base64url')
      : null
  return { items: shown.map(show), next_cursor }
}

const plain = (value: Value): number | string => (value instanceof Date ? value.getTime() : value)
