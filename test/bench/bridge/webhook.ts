// How the carrier brings a call to the relay: a signed webhook, and of its answer where the stream goes and with what.
import { createHmac } from 'node:crypto'

export const ACCOUNT = { account_sid: `AC${'5'.repeat(32)}`, auth_token: '5'.repeat(32) }

/** @param run sixteen hexadecimal digits of its own for each run @param call its number among all calls of the run */
export const callSidOf = (run: string, call: number): string => `CA${run}${call.toString(16).padStart(16, '0')}`

/** How the calls reach the bridge. */
export type Entrance =
  /** Straight to the bridge's media socket. */
  | { kind: 'direct'; url: string }
  /** As the carrier does it. */
  | { kind: 'webhook'; url: string; number: string }

export interface StreamAddress {
  url: string
  headers: Record<string, string>
  parameters: Record<string, string>
}

/** The URL, then the fields sorted by name, each name right before its value. Source: Twilio, request validation. */
const sign = (url: string, fields: Record<string, string> = {}): string =>
  createHmac('sha1', ACCOUNT.auth_token)
    .update(
      url +
        Object.keys(fields)
          .sort()
          .map((name) => name + fields[name])
          .join(''),
    )
    .digest('base64')

/** @returns null when the call is refused @throws when the answer is none */
export async function enter(entrance: Entrance, call_sid: string): Promise<StreamAddress | null> {
  if (entrance.kind === 'direct')
    return { url: `${entrance.url}/media/${call_sid}`, headers: {}, parameters: { token: '' } }
  const url = `${entrance.url}/receive_call`
  const fields = {
    AccountSid: ACCOUNT.account_sid,
    ApiVersion: '2010-04-01',
    CallSid: call_sid,
    CallStatus: 'ringing',
    Direction: 'inbound',
    From: '+14155550142',
    To: entrance.number,
  }
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'X-Twilio-Signature': sign(url, fields) },
    body: new URLSearchParams(fields),
  })
  const twiml = await answer.text()
  if (!answer.ok) throw new Error(`The webhook was answered with ${answer.status}: ${twiml.slice(0, 200)}`)
  const stream = /<Stream url="([^"]+)"/.exec(twiml)?.[1]
  const token = /<Parameter name="token" value="([^"]+)"/.exec(twiml)?.[1]
  if (!stream || !token) return null
  return { url: stream, headers: { 'X-Twilio-Signature': sign(stream) }, parameters: { token } }
}
