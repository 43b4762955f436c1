// Identifiers as the model's server makes them.
import { randomBytes } from 'node:crypto'

/** @returns e.g. `item_` and 21 letters and digits */
export function newId(prefix: 'event' | 'sess' | 'conv' | 'item' | 'resp' | 'call'): string {
  return `${prefix}_${randomBytes(24).toString('base64').replace(/[+/=]/g, '').slice(0, 21).padEnd(21, 'x')}`
}
