// What may name a field. Shared by filters, updates, sorts, stages and index descriptions.
import { StoreError } from './doc-store.ts'

const POISONED = new Set(['__proto__', 'constructor', 'prototype'])

/**
 * @throws StoreError NOT_ALLOWED for an operator, an empty step, or a name that reaches into prototypes
 * @source MongoDB, "Field Names"; ours
 */
export function checkPath(path: string): string {
  for (const step of path.split('.')) {
    if (step === '' || step.startsWith('$') || step.includes('\0') || POISONED.has(step)) {
      throw new StoreError('NOT_ALLOWED', `"${path}" cannot name a field.`)
    }
  }
  return path
}

export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false
  const prototype = Object.getPrototypeOf(value)
  // A copy that crossed a thread or a test's sandbox has another realm's Object: its prototype has no parent either.
  return prototype === null || Object.getPrototypeOf(prototype) === null
}

export function rootOf(path: string): string {
  const dot = path.indexOf('.')
  return dot === -1 ? path : path.slice(0, dot)
}
