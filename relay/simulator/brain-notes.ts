// What comes to the agent from behind the scenes: notes of a supervisor, results of tools. Pure.

const SPOKEN_ORDER =
  /^(?:please )?(offer|tell|say|mention|ask|inform|apologi[sz]e|confirm|explain|remind|suggest|promise|let)\b\s*(.*)$/is

/**
 * What a note makes the agent say.
 * @returns null for notes that only inform
 * @throws never
 * @source ours
 */
export function fromNote(note: string): string | null {
  const bare = note.replace(/^\s*(?:\[[^\]]*\]|[\w ]*(?:supervisor|whisper|note|guidance)[\w ]*:)\s*/i, '').trim()
  const order = SPOKEN_ORDER.exec(bare)
  if (!order) return null
  const rest = order[2]!
    .replace(/^(?:the |our )?(?:caller|customer|them|him|her|patient)\b\s*/i, '')
    .replace(/^(?:that|to|about|for|know(?: that)?)\b\s*/i, '')
  const matter = rest.replace(/["“”]/g, '').replace(/[.\s]+$/, '')
  switch (order[1]!.toLowerCase()) {
    case 'offer':
    case 'suggest':
      return `By the way, I can offer you ${matter}.`
    case 'ask':
      return /^(whether|if)\b/.test(matter) ? `May I ask ${matter}?` : `May I ask you something: ${matter}?`
    case 'apologise':
    case 'apologize':
      return `And I do want to apologize${matter ? ` for ${matter}` : ''}.`
    case 'promise':
      return `And I promise: ${matter}.`
    default:
      return capital(`${matter}.`)
  }
}

/**
 * What the agent says when a tool has answered.
 * @returns '' when there is nothing to say
 * @throws never
 * @source ours
 */
export function fromOutput({ name, output }: { name: string; output: string }): string {
  const text = readable(output)
  if (/end_?call|hang_?up|finish/i.test(name)) return ''
  if (/fail|error|unavailable|nobody|not available/i.test(output))
    return "I'm sorry, I could not get through just now. I will see that somebody calls you back."
  if (/opt_?out|do_not_call/i.test(name)) return 'That is done. Thank you, and goodbye.'
  if (/ask_?supervisor/i.test(name))
    return /pending|waiting|queued/i.test(output)
      ? 'I am still waiting for the answer. It should not take long.'
      : `Thank you for waiting. I have checked, and the answer is: ${text}`
  if (/transfer/i.test(name)) return 'I am connecting you now. Please hold the line.'
  if (/escalat/i.test(name))
    return 'My colleague has been told and will be with you shortly. Is there anything I should pass on?'
  return text === '' ? 'That is done.' : `I have it here: ${text}`
}

/** JSON results are read out by their values. */
function readable(output: string): string {
  try {
    const value: unknown = JSON.parse(output)
    if (typeof value === 'string') return ended(value)
    if (typeof value !== 'object' || value === null) return ended(String(value))
    const fields = value as Record<string, unknown>
    const main = fields.answer ?? fields.message ?? fields.text ?? fields.result
    if (typeof main === 'string') return ended(main)
    const parts = Object.entries(fields).filter(([, part]) => typeof part !== 'object')
    return parts.length === 0 ? '' : ended(parts.map(([key, part]) => `${key.replace(/_/g, ' ')} ${part}`).join(', '))
  } catch {
    return ended(output)
  }
}

function ended(text: string): string {
  const trimmed = text.trim()
  return trimmed === '' || /[.!?]$/.test(trimmed) ? trimmed : `${trimmed}.`
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
