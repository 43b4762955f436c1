// An update that names few fields of a large document: those are read, changed and written, the others stay the bytes
// they are, and what is put at the end of a list does not read the list. A call of an hour has nine hundred turns; to take
// them apart and together again for each new one would cost more than the call.
//
//   document: length · elements · 0      element: type · name · 0 · value      list: a document whose names are 0, 1, 2 …
//
// Source: bsonspec.org, version 1.1.
import { deserialize, serialize } from 'bson'
import { type Doc, type Filter, StoreError, type Update } from './doc-store.ts'
import { isPlainObject } from './field-paths.ts'

/** As MongoDB: no document is larger. */
const DOCUMENT_LIMIT_BYTES = 16 * 1024 * 1024
const LIST = 0x04
const LENGTH_BYTES = 4

/** @throws StoreError NOT_ALLOWED for what BSON cannot hold, and for what is too large: no later try will change that */
export function encode(doc: object): Buffer {
  let bytes: Uint8Array
  try {
    bytes = serialize(doc, { ignoreUndefined: true })
  } catch (cause) {
    throw new StoreError('NOT_ALLOWED', 'The document holds something that cannot be stored.', { cause })
  }
  return withinLimit(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length))
}

export function decode(bytes: Uint8Array): Doc {
  return deserialize(bytes, { promoteBuffers: true }) as Doc
}

function withinLimit(bytes: Buffer): Buffer {
  if (bytes.length > DOCUMENT_LIMIT_BYTES) throw new StoreError('NOT_ALLOWED', 'The document grew over 16 MiB.')
  return bytes
}

/** What an update reads and writes of a document. */
export interface Touch {
  /** Fields that are read. */
  names: ReadonlySet<string>
  /** What goes to the end of lists that are not read. */
  appends: ReadonlyMap<string, unknown[]>
  /** The update without them. */
  update: Update
}

/** @param others fields that are read whatever the update and the filter name */
export function touchOf(filter: Filter, update: Update, others: Iterable<string>): Touch {
  const read = new Set(['_id', ...[...others, ...pathsIn(filter)].map(headOf)])
  const appends = new Map<string, unknown[]>()
  const rest: Record<string, Record<string, unknown>> = {}
  for (const [operator, fields] of Object.entries(update)) {
    for (const [path, operand] of Object.entries(fields as Record<string, unknown>)) {
      const items = operator === '$push' && !path.includes('.') && !read.has(path) ? itemsOf(operand) : null
      if (items) appends.set(path, items)
      else rest[operator] = { ...rest[operator], [path]: operand }
    }
  }
  // An update touches no field twice, so what is appended to is named by nothing else in it.
  for (const fields of Object.values(rest)) for (const path of Object.keys(fields)) read.add(headOf(path))
  return { names: read, appends, update: rest as Update }
}

const headOf = (path: string): string => path.split('.', 1)[0]!

function pathsIn(filter: Filter): string[] {
  return Object.entries(filter).flatMap(([path, test]) =>
    path === '$and' || path === '$or' ? (test as Filter[]).flatMap(pathsIn) : path,
  )
}

/** @returns null when the list is cut afterwards, which takes reading it */
function itemsOf(operand: unknown): unknown[] | null {
  if (!isPlainObject(operand) || !Array.isArray(operand.$each)) return [operand]
  return operand.$slice === undefined ? operand.$each : null
}

/** A document of which only some fields were read. */
export interface PartlyRead {
  doc: Doc
  /** The elements of those fields as they were. */
  named: Buffer
  /** Each of the other elements, by its name. */
  others: Map<string, Buffer>
  /** How many items the lists have that are appended to. */
  counts: Map<string, number>
}

/** @returns null when it takes reading the whole: something in it is not of our writing, or what is appended to is no list */
export function readPartly(source: Uint8Array, { names, appends }: Touch): PartlyRead | null {
  const bytes = Buffer.from(source.buffer, source.byteOffset, source.length)
  const named: Buffer[] = []
  const others = new Map<string, Buffer>()
  const counts = new Map<string, number>()
  for (let at = LENGTH_BYTES; at < bytes.length - 1; ) {
    const end = endOf(bytes, at)
    if (end === null) return null
    const element = bytes.subarray(at, end)
    const name = nameOf(element)
    if (names.has(name)) named.push(element)
    else others.set(name, element)
    at = end
  }
  for (const field of appends.keys()) {
    const element = others.get(field)
    const count = element?.[0] === LIST ? countOf(contentOf(element)) : null
    if (count === null) return null
    counts.set(field, count)
  }
  const elements = Buffer.concat(named)
  return { doc: decode(documentOf([elements])), named: elements, others, counts }
}

/**
 * @returns the document with `doc` in place of what was read, and with what is appended; null when nothing has changed
 * @throws StoreError NOT_ALLOWED
 */
export function writePartly({ doc, named, others, counts }: PartlyRead, { appends }: Touch): Buffer | null {
  const elements = bodyOf(encode(doc))
  const grown = [...appends].filter(([, items]) => items.length > 0)
  if (grown.length === 0 && elements.equals(named)) return null
  const rest = new Map(others)
  for (const [field, items] of grown) rest.set(field, longer(others.get(field)!, counts.get(field)!, items))
  return withinLimit(documentOf([elements, ...rest.values()]))
}

/** @param element of a list with so many items */
function longer(element: Buffer, count: number, items: unknown[]): Buffer {
  const list = contentOf(element)
  // In a list, what is undefined is null.
  const added = items.map((item, index) => bodyOf(encode({ [count + index]: item ?? null })))
  return Buffer.concat([element.subarray(0, element.length - list.length), documentOf([bodyOf(list), ...added])])
}

const bodyOf = (document: Buffer): Buffer => document.subarray(LENGTH_BYTES, document.length - 1)

function documentOf(elements: Buffer[]): Buffer {
  const length = elements.reduce((sum, { length }) => sum + length, LENGTH_BYTES + 1)
  const document = Buffer.allocUnsafe(length)
  document.writeInt32LE(length, 0)
  let at = LENGTH_BYTES
  for (const element of elements) at += element.copy(document, at)
  document[at] = 0
  return document
}

const nameOf = (element: Buffer): string => element.toString('utf8', 1, nameEnd(element, 0))
const contentOf = (element: Buffer): Buffer => element.subarray(nameEnd(element, 0) + 1)

/** @param at where an element begins @returns where the 0 after its name is; names are short */
function nameEnd(document: Buffer, at: number): number {
  let end = at + 1
  while (end < document.length && document[end] !== 0) end++
  return end
}

/** @param at where an element begins @returns where it ends; null when it is of a type that we do not write */
function endOf(document: Buffer, at: number): number | null {
  const value = nameEnd(document, at) + 1
  const bytes = lengthOf(document, document[at]!, value)
  return bytes === null ? null : value + bytes
}

/** How many elements a document has. */
function countOf(document: Buffer): number | null {
  let count = 0
  for (let at = LENGTH_BYTES; at < document.length - 1; count++) {
    const end = endOf(document, at)
    if (end === null) return null
    at = end
  }
  return count
}

function lengthOf(document: Buffer, type: number, at: number): number | null {
  switch (type) {
    case 0x01: // double
    case 0x09: // instant
    case 0x12: // 64-bit integer
      return 8
    case 0x02: // text
      return LENGTH_BYTES + document.readInt32LE(at)
    case 0x03: // document
    case LIST:
      return document.readInt32LE(at)
    case 0x05: // bytes
      return LENGTH_BYTES + 1 + document.readInt32LE(at)
    case 0x08: // truth
      return 1
    case 0x0a: // null
      return 0
    case 0x10: // 32-bit integer
      return 4
    default:
      return null
  }
}
