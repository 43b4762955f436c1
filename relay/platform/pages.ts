// Cursors of lists: where a page ended, as opaque text. Keyset paging, so that what comes in between shifts nothing.
import { RelayError } from './errors.ts'

type Value = Date | number | string

/** @param kind how the sort field is to be read back */
export function startAfter(
  cursor: string | undefined,
  kind: 'date' | 'number' | 'text',
): { after?: { values: Value[]; _id: string } } {
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
