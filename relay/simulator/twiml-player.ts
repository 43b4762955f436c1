// Follows a TwiML document, verb after verb, until it ends, the call ends, or other instructions come.
import type { CallEndReason } from './phone-call.ts'
import type { XmlElement } from './twiml-reader.ts'

type Method = 'GET' | 'POST'

/** What a document can make a call do. Every promise settles early when `signal` aborts. */
export interface TwimlHost {
  /** Picks up, if that has not happened. */
  answer(): void
  end(reason: CallEndReason): void
  fetch(url: string, method: Method, extra: Record<string, string>): Promise<readonly XmlElement[]>
  say(text: string, voice: string): Promise<void>
  play(url: string): Promise<void>
  digits(digits: string): Promise<void>
  pause(duration_ms: number): Promise<void>
  /** Runs a two-way stream until it ends. */
  stream(noun: XmlElement): Promise<void>
  /** Dials on. @returns the fields for the verb's action */
  dial(verb: XmlElement): Promise<Record<string, string>>
  reject(reason: 'busy' | 'rejected'): void
  note(code: number, message: string): void
}

/**
 * Plays a document to its end; the call is hung up when nothing is left to do.
 * @param document the verbs, or what fetches them
 * @throws what `host.fetch` throws
 * @source Twilio, TwiML for Programmable Voice
 */
export async function playTwiml(host: TwimlHost, document: readonly XmlElement[], signal: AbortSignal): Promise<void> {
  let verbs: readonly XmlElement[] | null = document
  for (let documents = 0; verbs && documents < 100; documents++) verbs = await playVerbs(host, verbs, signal)
  if (!signal.aborted) host.end('relay_hung_up')
}

/** @returns the verbs that replace the rest of this document, or null at its end */
async function playVerbs(
  host: TwimlHost,
  verbs: readonly XmlElement[],
  signal: AbortSignal,
): Promise<readonly XmlElement[] | null> {
  for (const [index, verb] of verbs.entries()) {
    const next = await playVerb(host, verb, index)
    if (signal.aborted) return null
    if (next) return next
  }
  return null
}

async function playVerb(host: TwimlHost, verb: XmlElement, index: number): Promise<readonly XmlElement[] | null> {
  const { attributes } = verb
  const method = attributes.method?.toUpperCase() === 'GET' ? 'GET' : 'POST'
  if (verb.name !== 'Reject' && verb.name !== 'Redirect' && verb.name !== 'Hangup') host.answer()
  switch (verb.name) {
    case 'Connect': {
      const noun = verb.children.find((child) => child.name === 'Stream')
      if (noun) await host.stream(noun)
      else host.note(12200, '<Connect> without <Stream>.')
      return attributes.action ? host.fetch(attributes.action, method, {}) : null
    }
    case 'Dial': {
      const outcome = await host.dial(verb)
      return attributes.action ? host.fetch(attributes.action, method, outcome) : null
    }
    case 'Say':
      for (let times = loops(attributes.loop); times > 0; times--) await host.say(verb.text, attributes.voice ?? 'man')
      return null
    case 'Play':
      if (attributes.digits) await host.digits(attributes.digits)
      else for (let times = loops(attributes.loop); times > 0; times--) await host.play(verb.text)
      return null
    case 'Pause':
      await host.pause(Number(attributes.length ?? 1) * 1000)
      return null
    case 'Redirect':
      return host.fetch(verb.text, method, {})
    case 'Reject':
      if (index === 0) host.reject(attributes.reason === 'busy' ? 'busy' : 'rejected')
      else host.end('relay_hung_up')
      return []
    case 'Hangup':
      host.end('relay_hung_up')
      return []
    default:
      host.note(12200, `<${verb.name}> is not simulated; it was skipped.`)
      return null
  }
}

/** `loop="0"` means for ever; a thousand times is that. */
function loops(attribute: string | undefined): number {
  const times = Number(attribute ?? 1)
  return times === 0 ? 1_000 : times
}
