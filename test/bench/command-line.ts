// What both benches read from their command lines.

/** @throws with one sentence about what is no whole number, or too small */
export function wholeNumber(name: string, text: string, least = 1): number {
  const value = Number(text)
  if (!Number.isInteger(value) || value < least)
    throw new Error(`--${name} takes whole numbers from ${least}, not "${text}".`)
  return value
}
