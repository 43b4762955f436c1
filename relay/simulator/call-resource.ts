// A call as REST shows it, and the form that makes one. Pure, but for what the call is now.
import { rfc2822 } from './phone-ids.ts'
import type { CallPlan, SimulatedCall } from './simulated-call.ts'
import type { StatusEvent, StatusTarget } from './status-callbacks.ts'

/** A form that cannot be followed; `code` is Twilio's. */
export class FormError extends Error {
  readonly code: number
  constructor(code: number, message: string) {
    super(message)
    this.code = code
  }
}

/**
 * A call as REST shows it.
 * @throws never
 * @source Twilio, Call resource
 */
export function callResource(
  call: SimulatedCall,
  account_sid: string,
  phone_number_sid: string,
): Record<string, unknown> {
  const uri = `/2010-04-01/Accounts/${account_sid}/Calls/${call.call_sid}`
  const parts = ['notifications', 'recordings', 'streams', 'payments', 'events', 'siprec', 'transcriptions']
  return {
    sid: call.call_sid,
    account_sid,
    parent_call_sid: null,
    phone_number_sid,
    to: call.to,
    to_formatted: call.to,
    from: call.from,
    from_formatted: call.from,
    status: call.status,
    direction: call.direction,
    start_time: call.answered_at ? rfc2822(call.answered_at) : null,
    end_time: call.ended_at ? rfc2822(call.ended_at) : null,
    duration: call.ended_at ? String(Math.round(call.duration_ms / 1000)) : null,
    price: call.price,
    price_unit: 'USD',
    answered_by: call.answered_by,
    forwarded_from: null,
    caller_name: null,
    group_sid: null,
    trunk_sid: null,
    annotation: null,
    queue_time: '0',
    api_version: '2010-04-01',
    date_created: rfc2822(call.created_at),
    date_updated: rfc2822(call.ended_at ?? call.answered_at ?? call.created_at),
    uri: `${uri}.json`,
    subresource_uris: Object.fromEntries(
      parts.map((part) => [part, `${uri}/${part[0]!.toUpperCase()}${part.slice(1)}.json`]),
    ),
  }
}

/**
 * What a connection of that length costs.
 * @returns USD as REST writes it: negative, per started minute
 * @throws never
 * @source list prices of the US, inbound 0.0085, outbound 0.0140 a minute
 */
export function callPrice(direction: 'inbound' | 'outbound-api', duration_ms: number): string {
  const minutes = Math.ceil(duration_ms / 60_000)
  return (-minutes * (direction === 'inbound' ? 0.0085 : 0.014)).toFixed(5)
}

/**
 * Reads the form of "create call".
 * @throws FormError 21201 no To, 21213 no From, 21205 neither url nor twiml, 21626 unknown status event, 21609 bad callback
 * @source Twilio, Call resource, create
 */
export function planOfForm(form: URLSearchParams): CallPlan {
  const to = required(form, 'To', 21201)
  const from = required(form, 'From', 21213)
  const url = form.get('Url') ?? ''
  const twiml = url ? undefined : (form.get('Twiml') ?? undefined)
  if (!url && twiml === undefined) throw new FormError(21205, 'Url parameter is required.')
  if (twiml && twiml.length > 4_000) throw new FormError(21212, 'Twiml must be at most 4000 characters.')
  return {
    direction: 'outbound-api',
    from,
    to,
    instructions: {
      url,
      method: methodOf(form, 'Method'),
      twiml,
      fallback_url: form.get('FallbackUrl') ?? undefined,
    },
    status_target: statusTarget(form),
    ring_timeout_ms: seconds(form, 'Timeout'),
    time_limit_ms: seconds(form, 'TimeLimit'),
    detection: detectionOf(form),
  }
}

/**
 * Where status events go, if the form says so.
 * @throws FormError 21626 for an event that does not exist
 * @source Twilio, Call resource, StatusCallbackEvent
 */
export function statusTarget(form: URLSearchParams): StatusTarget | null {
  const url = form.get('StatusCallback')
  if (!url) return null
  const events = form.getAll('StatusCallbackEvent').flatMap((event) => event.split(/\s+/))
  for (const event of events)
    if (!['initiated', 'ringing', 'answered', 'completed'].includes(event))
      throw new FormError(21626, `Invalid StatusCallbackEvent "${event}".`)
  return {
    url,
    method: methodOf(form, 'StatusCallbackMethod'),
    events: events.length > 0 ? (events as StatusEvent[]) : ['completed'],
  }
}

function detectionOf(form: URLSearchParams): CallPlan['detection'] {
  const mode = form.get('MachineDetection')
  if ((mode !== 'Enable' && mode !== 'DetectMessageEnd') || form.get('SendDigits')) return undefined
  const url = form.get('AsyncAmdStatusCallback')
  const callback = url ? ({ url, method: methodOf(form, 'AsyncAmdStatusCallbackMethod'), events: [] } as const) : null
  return { mode, isAsync: form.get('AsyncAmd') === 'true', callback }
}

/**
 * The HTTP method a form names.
 * @throws never; anything but GET is POST
 * @source Twilio: the default is POST
 */
export function methodOf(form: URLSearchParams, name: string): 'GET' | 'POST' {
  return form.get(name)?.toUpperCase() === 'GET' ? 'GET' : 'POST'
}

function required(form: URLSearchParams, name: string, code: number): string {
  const value = form.get(name)
  if (!value) throw new FormError(code, `No '${name}' number is specified`)
  return value
}

function seconds(form: URLSearchParams, name: string): number | undefined {
  const value = Number(form.get(name) ?? Number.NaN)
  return Number.isFinite(value) ? value * 1000 : undefined
}
