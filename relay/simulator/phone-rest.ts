// The part of the REST API that a relay uses: calls and incoming phone numbers, with basic authentication,
// paging, and refusals on demand.
import type { IncomingMessage, ServerResponse } from 'node:http'
import { callResource, FormError, methodOf, planOfForm, statusTarget } from './call-resource.ts'
import type { FaultSwitch, PhoneFaults } from './faults.ts'
import { type NumberBook, numberResource } from './number-book.ts'
import { rfc2822 } from './phone-ids.ts'
import type { CallPlan, SimulatedCall } from './simulated-call.ts'

export interface RestWorld {
  readonly account_sid: string
  readonly auth_token: string
  readonly numbers: NumberBook
  readonly faults: FaultSwitch<PhoneFaults>
  calls(): readonly SimulatedCall[]
  call(sid: string): SimulatedCall | undefined
  createCall(plan: CallPlan): SimulatedCall
}

interface Request {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  readonly form: URLSearchParams
}

interface Answer {
  readonly status: number
  readonly body?: Record<string, unknown>
}

const FORM_LIMIT_BYTES = 1024 * 1024

/**
 * The request listener of the REST API.
 * @throws never; failures are answers with Twilio's codes
 * @source Twilio REST API 2010-04-01
 */
export function createRestListener(world: RestWorld): (request: IncomingMessage, response: ServerResponse) => void {
  return (request, response) => {
    void answer(world, request).then(({ status, body }) => {
      const text = body ? JSON.stringify(body) : ''
      const delay_ms = world.faults.active.rest_delay_ms ?? 0
      const send = () => {
        response.writeHead(status, {
          'Content-Type': 'application/json',
          'Twilio-Request-Id': 'RQ0',
          'Content-Length': Buffer.byteLength(text),
        })
        response.end(text)
      }
      if (delay_ms > 0) setTimeout(send, delay_ms)
      else send()
    })
  }
}

async function answer(world: RestWorld, request: IncomingMessage): Promise<Answer> {
  try {
    const url = new URL(request.url ?? '/', 'http://localhost')
    const form = new URLSearchParams(await readBody(request))
    if (!isAuthentic(world, request)) return failure(401, 20003, 'Authenticate')
    if (world.faults.take('rest_429')) return failure(429, 20429, 'Too Many Requests')
    if (world.faults.take('rest_503')) return failure(503, 20503, 'Service unavailable')
    return route(world, {
      method: request.method ?? 'GET',
      path: url.pathname,
      query: url.searchParams,
      form,
    })
  } catch (error) {
    if (error instanceof FormError) return failure(400, error.code, error.message)
    return failure(500, 20500, String(error))
  }
}

function route(world: RestWorld, request: Request): Answer {
  const path = /^\/2010-04-01\/Accounts\/([^/]+?)(?:\/(Calls|IncomingPhoneNumbers)(?:\/([^/]+?))?)?(?:\.json)?$/.exec(
    request.path,
  )
  if (!path || path[1] !== world.account_sid) return missing(request.path)
  const [, , kind, sid] = path
  if (!kind) return { status: 200, body: accountResource(world) }
  if (kind === 'Calls') return sid ? oneCall(world, sid, request) : calls(world, request)
  return sid ? oneNumber(world, sid, request) : numbers(world, request)
}

function accountResource({ account_sid }: RestWorld): Record<string, unknown> {
  const date = rfc2822(new Date())
  const uri = `/2010-04-01/Accounts/${account_sid}.json`
  return {
    sid: account_sid,
    owner_account_sid: account_sid,
    friendly_name: 'Simulated account',
    status: 'active',
    type: 'Full',
    auth_token: '',
    date_created: date,
    date_updated: date,
    subresource_uris: {},
    uri,
  }
}

function calls(world: RestWorld, request: Request): Answer {
  if (request.method === 'POST') {
    const plan = planOfForm(request.form)
    if (!world.numbers.byNumber(plan.from))
      return failure(
        400,
        21210,
        `The source phone number provided, ${plan.from}, is not yet verified for your account.`,
      )
    return { status: 201, body: show(world, world.createCall(plan)) }
  }
  const wanted = (call: SimulatedCall) =>
    matches(request.query, 'Status', call.status) &&
    matches(request.query, 'To', call.to) &&
    matches(request.query, 'From', call.from)
  const found = world.calls().filter(wanted).toReversed()
  return page(
    request,
    'calls',
    found.map((call) => show(world, call)),
  )
}

function oneCall(world: RestWorld, sid: string, request: Request): Answer {
  const call = world.call(sid)
  if (!call) return missing(request.path)
  if (request.method !== 'POST') return { status: 200, body: show(world, call) }
  const refusal = updateCall(call, request.form)
  return refusal ?? { status: 200, body: show(world, call) }
}

function updateCall(call: SimulatedCall, form: URLSearchParams): Answer | null {
  if (call.ended_at) return failure(400, 21220, 'Call is not in-progress. Cannot redirect.')
  const status = form.get('Status')
  if (status === 'canceled' && call.status === 'in-progress') return null
  if (status === 'completed' || status === 'canceled') {
    call.end('relay_hung_up')
    return null
  }
  const target = statusTarget(form)
  if (target) call.retarget(target)
  const limit = Number(form.get('TimeLimit') ?? Number.NaN)
  if (Number.isFinite(limit)) call.limitTime(limit * 1000)
  if (form.has('FallbackUrl')) call.webhooks.fallback_url = form.get('FallbackUrl')!
  if (!form.has('Url') && !form.has('Twiml')) return null
  if (call.status !== 'in-progress') return failure(400, 21220, 'Call is not in-progress. Cannot redirect.')
  const url = form.get('Url') ?? ''
  call.follow({ url, method: methodOf(form, 'Method'), twiml: url ? undefined : form.get('Twiml')! })
  return null
}

function numbers(world: RestWorld, request: Request): Answer {
  const found = world.numbers
    .all()
    .filter(
      (number) =>
        number.phone_number.includes(request.query.get('PhoneNumber') ?? '') &&
        matches(request.query, 'FriendlyName', number.friendly_name),
    )
  return page(
    request,
    'incoming_phone_numbers',
    found.map((number) => numberResource(number, world.account_sid)),
  )
}

function oneNumber(world: RestWorld, sid: string, request: Request): Answer {
  const number = world.numbers.bySid(sid)
  if (!number) return missing(request.path)
  if (request.method === 'POST') world.numbers.update(number, request.form)
  return { status: 200, body: numberResource(number, world.account_sid) }
}

function show(world: RestWorld, call: SimulatedCall): Record<string, unknown> {
  const ours = call.direction === 'inbound' ? call.to : call.from
  return callResource(call, world.account_sid, world.numbers.byNumber(ours)?.sid ?? '')
}

function matches(query: URLSearchParams, name: string, value: string): boolean {
  return !query.has(name) || query.get(name) === value
}

/** Twilio's paging: the next page's address is relative to the API's host. */
function page(request: Request, name: string, all: Record<string, unknown>[]): Answer {
  const size = Math.min(Math.max(Number(request.query.get('PageSize') ?? 50), 1), 1_000)
  const index = Math.max(Number(request.query.get('Page') ?? 0), 0)
  const address = (at: number) => {
    const query = new URLSearchParams(request.query)
    query.set('PageSize', String(size))
    query.set('Page', String(at))
    return `${request.path}?${query}`
  }
  const start = index * size
  const items = all.slice(start, start + size)
  const body = {
    [name]: items,
    page: index,
    page_size: size,
    start,
    end: Math.max(start + items.length - 1, start),
    uri: address(index),
    first_page_uri: address(0),
    next_page_uri: start + size < all.length ? address(index + 1) : null,
    previous_page_uri: index > 0 ? address(index - 1) : null,
  }
  return { status: 200, body }
}

function isAuthentic(world: RestWorld, request: IncomingMessage): boolean {
  const expected = Buffer.from(`${world.account_sid}:${world.auth_token}`).toString('base64')
  return request.headers.authorization === `Basic ${expected}`
}

function missing(path: string): Answer {
  return failure(404, 20404, `The requested resource ${path} was not found`)
}

function failure(status: number, code: number, message: string): Answer {
  return { status, body: { code, message, more_info: `https://www.twilio.com/docs/errors/${code}`, status } }
}

async function readBody(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = []
  let size = 0
  for await (const part of request as AsyncIterable<Buffer>) {
    size += part.length
    if (size > FORM_LIMIT_BYTES) throw new FormError(20001, 'Request body too large')
    parts.push(part)
  }
  return Buffer.concat(parts).toString('utf8')
}
