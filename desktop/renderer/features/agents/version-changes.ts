// What one saved state of an agent changed against the one before. Pure.
import type { AgentVersion } from '../../../../shared/contract/agents.ts'
import { words } from '../../lib/format.ts'

export interface FieldChange {
  field: string
  before: string
  after: string
}

const FIELDS = [
  'name',
  'type',
  'voice',
  'greeting_message',
  'system_prompt',
  'max_call_duration',
  'is_active',
  'context_data',
  'phone_numbers',
]

/** @source contract/agents.ts, AgentVersion */
export function versionChanges(newer: AgentVersion, older: AgentVersion | undefined): FieldChange[] {
  if (!older) return []
  return FIELDS.filter(
    (field) => JSON.stringify(newer.snapshot[field]) !== JSON.stringify(older.snapshot[field]),
  ).flatMap((field) => {
    const [before, after] = differing(text(older.snapshot[field]), text(newer.snapshot[field]))
    return { field: words(field), before, after }
  })
}

function text(value: unknown): string {
  if (value === null || value === undefined) return ''
  return typeof value === 'string' ? value : JSON.stringify(value, null, 1)
}

// Of long texts only the lines that differ are shown.
function differing(before: string, after: string): [string, string] {
  const [old_lines, new_lines] = [before.split('\n'), after.split('\n')]
  const only = (lines: string[], others: string[]) => lines.filter((line) => !others.includes(line)).join('\n')
  return [only(old_lines, new_lines), only(new_lines, old_lines)]
}
