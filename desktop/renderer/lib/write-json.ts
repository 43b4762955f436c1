// JSON as a person would write it. Pure.
import type { Json } from '../../../shared/primitives.ts'

/** Objects that fit are written on one line. */
const LINE_LENGTH = 56

/** JSON as the editors show it: two spaces, short objects on one line. @source design.md section 8, call */
export function writeJson(value: Json): string {
  return written(value, '', true)
}

function written(value: Json, indent: string, is_root = false): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const inner = `${indent}  `
  const [open, close] = Array.isArray(value) ? '[]' : '{}'
  const parts = Array.isArray(value)
    ? value.map((item) => written(item, inner))
    : Object.entries(value).map(([key, item]) => `${JSON.stringify(key)}: ${written(item, inner)}`)
  if (parts.length === 0) return `${open}${close}`
  const line = Array.isArray(value) ? `[${parts.join(', ')}]` : `{ ${parts.join(', ')} }`
  if (!is_root && line.length <= LINE_LENGTH && !line.includes('\n')) return line
  return `${open}\n${parts.map((part) => inner + part).join(',\n')}\n${indent}${close}`
}
