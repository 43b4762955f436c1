// The fields that travel with every webhook of a call. Pure.
import type { CallStatus } from './phone-call.ts'

export interface CallFacts {
  readonly call_sid: string
  readonly account_sid: string
  readonly from: string
  readonly to: string
  readonly status: CallStatus | 'initiated'
  readonly direction: 'inbound' | 'outbound-api' | 'outbound-dial'
  readonly parent_call_sid?: string
}

/** Where an area code is, best effort; the codes the demo's callers use. */
const PLACES: Record<string, [city: string, state: string, zip: string]> = {
  '202': ['WASHINGTON', 'DC', '20001'],
  '206': ['SEATTLE', 'WA', '98101'],
  '212': ['NEW YORK', 'NY', '10001'],
  '303': ['DENVER', 'CO', '80202'],
  '305': ['MIAMI', 'FL', '33101'],
  '312': ['CHICAGO', 'IL', '60601'],
  '404': ['ATLANTA', 'GA', '30303'],
  '415': ['SAN FRANCISCO', 'CA', '94103'],
  '503': ['PORTLAND', 'OR', '97201'],
  '512': ['AUSTIN', 'TX', '78701'],
  '612': ['MINNEAPOLIS', 'MN', '55401'],
  '617': ['BOSTON', 'MA', '02108'],
}

/**
 * The base set of a call's webhooks, with the legacy duplicates.
 * @throws never
 * @source Twilio, request parameters of voice webhooks
 */
export function callParameters(facts: CallFacts): Record<string, string> {
  const params: Record<string, string> = {
    AccountSid: facts.account_sid,
    ApiVersion: '2010-04-01',
    CallSid: facts.call_sid,
    CallStatus: facts.status,
    Direction: facts.direction,
    From: facts.from,
    To: facts.to,
    Caller: facts.from,
    Called: facts.to,
    ...placeOf('From', facts.from),
    ...placeOf('Caller', facts.from),
    ...placeOf('To', facts.to),
    ...placeOf('Called', facts.to),
  }
  if (facts.parent_call_sid) params.ParentCallSid = facts.parent_call_sid
  if (facts.direction === 'inbound') {
    params.CallToken = JSON.stringify({
      parentCallInfoToken: facts.call_sid.slice(2),
      identityHeaderTokens: [],
    })
    if (facts.from.startsWith('+')) params.StirVerstat = 'TN-Validation-Passed-A'
  }
  return params
}

function placeOf(prefix: string, number: string): Record<string, string> {
  const isAmerican = number.startsWith('+1')
  const [city, state, zip] = (isAmerican && PLACES[number.slice(2, 5)]) || ['', '', '']
  return {
    [`${prefix}City`]: city,
    [`${prefix}State`]: state,
    [`${prefix}Zip`]: zip,
    [`${prefix}Country`]: isAmerican ? 'US' : '',
  }
}
