// A spool's lines: checksum, sequence number, instant and record, each on one line that a person can read.
//   8f3b21c0 17 1893456000000 {"key":"CA…","turn":{…}}
import { crc32 } from 'node:zlib'

export interface SpoolLine<T> {
  seq: number
  /** Wall clock when it was appended. */
  at_ms: number
  record: T
}

/**
 * @param line.record plain JSON and Dates; an undefined field is left out
 * @throws never for such records
 */
export function encodeLine<T>({ seq, at_ms, record }: SpoolLine<T>): string {
  const body = `${seq} ${at_ms} ${JSON.stringify(marked(record))}`
  return `${checksum(body)} ${body}\n`
}

/**
 * @param line without its end
 * @returns null when the checksum does not fit: torn, or damaged
 */
export function decodeLine<T>(line: string): SpoolLine<T> | null {
  const body = line.slice(9)
  if (line[8] !== ' ' || checksum(body) !== line.slice(0, 8)) return null
  const [, seq, at_ms, json] = /^(\d+) (\d+) (.+)$/s.exec(body) ?? []
  if (json === undefined) return null
  return { seq: Number(seq), at_ms: Number(at_ms), record: unmarked(JSON.parse(json)) as T }
}

function checksum(body: string): string {
  return crc32(body).toString(16).padStart(8, '0')
}

/** Names that begin with the mark are ours; a record's own get one mark more. */
const MARK = '~'
const DATE = `${MARK}date`

function marked(value: unknown): unknown {
  if (value instanceof Date) return { [DATE]: value.getTime() }
  if (Array.isArray(value)) return value.map(marked)
  if (typeof value !== 'object' || value === null) return value
  return mapEntries(value, ([key, item]) => [key.startsWith(MARK) ? MARK + key : key, marked(item)])
}

function unmarked(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(unmarked)
  if (typeof value !== 'object' || value === null) return value
  if (Object.hasOwn(value, DATE)) return new Date((value as Record<string, number>)[DATE] ?? Number.NaN)
  return mapEntries(value, ([key, item]) => [key.startsWith(MARK) ? key.slice(MARK.length) : key, unmarked(item)])
}

/** Through fromEntries, which makes `__proto__` a field like any other. */
function mapEntries(value: object, map: (entry: [string, unknown]) => [string, unknown]): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).map(map))
}
