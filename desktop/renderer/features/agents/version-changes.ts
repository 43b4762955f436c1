// What one saved state of an agent changed against the one before, in the words of the form. Pure.
import type { AgentType, AgentVersion } from '../../../../shared/contract/agents.ts'
import type { Json } from '../../../../shared/primitives.ts'
import { TYPE_WORDS } from '../../components/agent-type.tsx'
import { formatNumber } from '../../lib/format.ts'
import { writeJson } from '../../lib/write-json.ts'

export interface FieldChange {
  field: string
  before: string
  after: string
}

const FIELDS: Record<string, { word: string; says?: (value: Json) => string }> = {
  name: { word: 'Name' },
  type: { word: 'Type', says: (value) => TYPE_WORDS[value as AgentType] ?? String(value) },
  voice: { word: 'Voice' },
  greeting_message: { word: 'Greeting' },
  system_prompt: { word: 'Prompt' },
  max_call_duration: { word: 'Longest call', says: (value) => `${Number(value) / 60} minutes` },
  is_active: { word: 'State', says: (value) => (value ? 'Live' : 'Paused') },
  context_data: { word: 'Agent’s context', says: writeJson },
  phone_numbers: { word: 'Numbers', says: (value) => (value as string[]).map(formatNumber).join('\n') },
}

/** @source contract/agents.ts, AgentVersion */
export function versionChanges(newer: AgentVersion, older: AgentVersion | undefined): FieldChange[] {
  if (!older) return []
  return Object.entries(FIELDS).flatMap(([field, { word, says = text }]) => {
    const [was, is] = [older.snapshot[field] ?? null, newer.snapshot[field] ?? null]
    if (JSON.stringify(was) === JSON.stringify(is)) return []
    const [before, after] = differing(was === null ? '' : says(was), is === null ? '' : says(is))
    return { field: word, before, after }
  })
}

const text = (value: Json) => (typeof value === 'string' ? value : JSON.stringify(value))

// Of long texts only the lines that differ are shown.
function differing(before: string, after: string): [string, string] {
  const [old_lines, new_lines] = [before.split('\n'), after.split('\n')]
  const only = (lines: string[], others: string[]) => lines.filter((line) => !others.includes(line)).join('\n')
  return [only(old_lines, new_lines), only(new_lines, old_lines)]
}
