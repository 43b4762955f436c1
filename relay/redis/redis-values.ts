// Values as text and back: JSON that keeps Dates. A Date becomes a string that begins with a NUL; strings that begin
// with one by themselves get another in front, so nothing a person writes is ever taken for a Date.
const MARK = '\u0000'

/** @throws TypeError for what JSON cannot hold: cycles and BigInt */
export function toText(value: unknown): string {
  return JSON.stringify(value, function mark(this: Record<string, unknown>, key, plain: unknown) {
    // JSON has made a string of a Date before we are asked.
    const own = this[key]
    if (own instanceof Date) return Number.isNaN(own.getTime()) ? null : `${MARK}d${own.getTime()}`
    return typeof plain === 'string' && plain.startsWith(MARK) ? MARK + plain : plain
  })
}

/** @throws SyntaxError when it is not a text of `toText` */
export function fromText<T>(text: string): T {
  return JSON.parse(text, (_key, value: unknown) => {
    if (typeof value !== 'string' || !value.startsWith(MARK)) return value
    return value[1] === 'd' ? new Date(Number(value.slice(2))) : value.slice(1)
  }) as T
}
