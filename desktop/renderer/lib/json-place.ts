// Reads JSON and knows where everything stands, so that an error is marked at its place and in plain words.
// JSON.parse says neither in a form that is the same in every engine. Pure.
import type { Json } from '../../../shared/primitives.ts'

export interface Place {
  from: number
  to: number
}
export interface JsonError extends Place {
  says: string
}
export type JsonReading =
  /** `places` by JSON pointer (RFC 6901). */
  { ok: true; value: Json; places: ReadonlyMap<string, Place> } | { ok: false; error: JsonError }

/**
 * Reads a whole text as JSON.
 * @returns the value and where each part of it stands, or the first error and its place
 * @throws never
 * @source RFC 8259; RFC 6901
 */
export function readJson(text: string): JsonReading {
  const reader = new Reader(text)
  try {
    const value = reader.whole()
    return { ok: true, value, places: reader.places }
  } catch (error) {
    if (error instanceof Misread) return { ok: false, error: error.at }
    throw error
  }
}

/** The place of a pointer, or of the nearest part around it. @source RFC 6901 */
export function placeOf(places: ReadonlyMap<string, Place>, pointer: string): Place {
  for (let at = pointer; at !== ''; at = at.slice(0, at.lastIndexOf('/'))) {
    const place = places.get(at)
    if (place) return place
  }
  return places.get('') ?? { from: 0, to: 0 }
}

class Misread extends Error {
  readonly at: JsonError
  constructor(at: JsonError) {
    super(at.says)
    this.at = at
  }
}

class Reader {
  readonly places = new Map<string, Place>()
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  whole(): Json {
    const value = this.#value('')
    this.#space()
    if (this.#at < this.#text.length) this.#fail('Nothing may stand after the last bracket.')
    return value
  }

  #value(pointer: string): Json {
    this.#space()
    const from = this.#at
    const value = this.#any(pointer)
    this.places.set(pointer, { from, to: this.#at })
    return value
  }

  #any(pointer: string): Json {
    const char = this.#text[this.#at]
    if (char === '{') return this.#object(pointer)
    if (char === '[') return this.#array(pointer)
    if (char === '"') return this.#string()
    if (char === undefined) return this.#fail('A value is missing here.')
    if (char === "'") return this.#fail('Write texts in double quotes.', this.#wordEnd())
    return this.#plain()
  }

  #object(pointer: string): Json {
    const value: { [key: string]: Json } = {}
    this.#at += 1
    this.#space()
    if (this.#take('}')) return value
    for (;;) {
      this.#space()
      const from = this.#at
      if (this.#text[from] !== '"') this.#fail(this.#keyWords(), this.#wordEnd())
      const key = this.#string()
      if (Object.hasOwn(value, key)) this.#fail(`“${key}” stands here twice.`, this.#at, from)
      this.#space()
      if (!this.#take(':')) this.#fail(`A colon is missing after “${key}”.`)
      const read = this.#value(`${pointer}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`)
      Object.defineProperty(value, key, { value: read, enumerable: true, writable: true, configurable: true })
      this.#space()
      if (this.#take('}')) return value
      if (!this.#take(',')) this.#fail('A comma or a closing brace is missing here.')
    }
  }

  #array(pointer: string): Json {
    const value: Json[] = []
    this.#at += 1
    this.#space()
    if (this.#take(']')) return value
    for (;;) {
      value.push(this.#value(`${pointer}/${value.length}`))
      this.#space()
      if (this.#take(']')) return value
      if (!this.#take(',')) this.#fail('A comma or a closing bracket is missing here.')
    }
  }

  #string(): string {
    const from = this.#at
    let end = from + 1
    while (this.#text[end] !== '"') {
      if (this.#text[end] === undefined || this.#text[end] === '\n') {
        return this.#fail('The text is not closed: a double quote is missing.', end, from)
      }
      end += this.#text[end] === '\\' ? 2 : 1
    }
    this.#at = end + 1
    return this.#parse(from, 'This text has a character that must be escaped.') as string
  }

  #plain(): Json {
    const from = this.#at
    this.#at = this.#wordEnd()
    const word = this.#text.slice(from, this.#at)
    if (word === '') return this.#fail('A value is missing here.', from + 1, from)
    return this.#parse(from, `“${word}” is no value. Texts stand in double quotes.`)
  }

  #parse(from: number, says: string): Json {
    try {
      return JSON.parse(this.#text.slice(from, this.#at)) as Json
    } catch {
      return this.#fail(says, this.#at, from)
    }
  }

  #keyWords(): string {
    return this.#text[this.#at] === '}'
      ? 'There is a comma too many before this brace.'
      : 'A key in double quotes is missing here.'
  }

  #wordEnd(): number {
    let end = this.#at
    while (end < this.#text.length && !/[\s,:{}[\]"]/.test(this.#text[end] ?? '')) end += 1
    return end
  }

  #space(): void {
    while (/[ \t\r\n]/.test(this.#text[this.#at] ?? '')) this.#at += 1
  }

  #take(char: string): boolean {
    if (this.#text[this.#at] !== char) return false
    this.#at += 1
    return true
  }

  // At the very end there is nothing to mark: the last character stands for it.
  #fail(says: string, to = this.#at + 1, from = this.#at): never {
    const length = this.#text.length
    const end = Math.min(Math.max(to, from + 1), length)
    throw new Misread({ says, from: Math.max(0, Math.min(from, end - 1)), to: end })
  }
}
