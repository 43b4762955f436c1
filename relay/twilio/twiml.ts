// Our plans in the carrier's language. Source: TwiML; protocols A.3.
import twilio from 'twilio'
import type { RefusalReason } from '../calls/answer-call.ts'

/** What the caller hears when nobody answers; never more than they need to know. */
const SPOKEN: Record<RefusalReason, string> = {
  unknown_number: 'This number is not in service. Goodbye.',
  tenant_not_active: 'This number is not in service. Goodbye.',
  no_agent: 'Nobody can take your call right now. Please try again later. Goodbye.',
  agent_not_active: 'Nobody can take your call right now. Please try again later. Goodbye.',
  agent_answers_no_calls: 'This number does not take calls. Goodbye.',
  too_many_calls: 'All lines are busy right now. Please try again in a few minutes. Goodbye.',
  call_is_over: 'Goodbye.',
  relay_is_stopping: 'Nobody can take your call right now. Please try again in a minute. Goodbye.',
  relay_is_busy: 'All lines are busy right now. Please try again in a minute. Goodbye.',
  disk_is_full: 'Nobody can take your call right now. Please try again in a few minutes. Goodbye.',
}

/**
 * Connects the call to our media stream. The token travels as a parameter: query strings of stream URLs are dropped.
 * After the stream the carrier asks `action` how to go on.
 */
export function connectTwiml(urls: { stream: string; action: string; status: string }, stream_token: string): string {
  const response = new twilio.twiml.VoiceResponse()
  const connect = response.connect({ action: urls.action, method: 'POST' })
  const stream = connect.stream({ url: urls.stream, statusCallback: urls.status, statusCallbackMethod: 'POST' })
  stream.parameter({ name: 'token', value: stream_token })
  return response.toString()
}

export function refuseTwiml(reason: RefusalReason): string {
  return sayTwiml(SPOKEN[reason])
}

/** Says a sentence, if there is one, and hangs up. */
export function sayTwiml(words: string | null): string {
  const response = new twilio.twiml.VoiceResponse()
  if (words) response.say(words)
  response.hangup()
  return response.toString()
}
