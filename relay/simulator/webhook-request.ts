// One signed request to the relay, the way the network makes them: connection overrides from the URL's
// fragment, retries with one idempotency token, a hard limit of 15 s, redirects followed with GET.
import { randomUUID } from 'node:crypto'
import http from 'node:http'
import https from 'node:https'
import webhooks from 'twilio/lib/webhooks/webhooks.js'

export interface WebhookRequest {
  readonly url: string
  readonly method: 'GET' | 'POST'
  readonly params: Readonly<Record<string, string>>
  readonly auth_token: string
  readonly agents: WebhookAgents
  /** Signs with another token, so that the signature is wrong. */
  readonly isForged?: boolean
  /** Asked before each attempt: true makes it fail as if nothing listened. */
  readonly failsToConnect?: () => boolean
}

export interface WebhookAgents {
  readonly http: http.Agent
  readonly https: https.Agent
}

export interface WebhookAnswer {
  readonly status: number
  readonly content_type: string
  readonly body: string
}

/** The network could not get an answer. `code` is the debugger's. */
export class WebhookError extends Error {
  readonly code: number
  readonly kind: 'ct' | 'rt' | 'tt' | '4xx' | '5xx' | 'url'
  constructor(code: number, kind: WebhookError['kind'], message: string) {
    super(message)
    this.code = code
    this.kind = kind
  }
}

export interface ConnectionOverrides {
  readonly connect_ms: number
  readonly read_ms: number
  readonly total_ms: number
  readonly retries: number
  readonly retried: ReadonlySet<string>
}

/**
 * Reads `#ct=2000&rt=5000&rc=2&rp=all`.
 * @throws never; values out of range are brought into it
 * @source Twilio, webhooks connection overrides
 */
export function readOverrides(fragment: string): ConnectionOverrides {
  const given = new URLSearchParams(fragment.replace(/^#/, ''))
  const number = (key: string, low: number, high: number, fallback: number) => {
    const value = Number(given.get(key) ?? Number.NaN)
    return Number.isFinite(value) ? Math.min(Math.max(value, low), high) : fallback
  }
  return {
    connect_ms: number('ct', 100, 10_000, 5_000),
    read_ms: number('rt', 100, 15_000, 15_000),
    total_ms: number('tt', 100, 15_000, 15_000),
    retries: number('rc', 0, 5, 1),
    retried: new Set((given.get('rp') ?? 'ct').split(',')),
  }
}

/**
 * Makes the request and its retries.
 * @returns the answer of the last attempt, whatever its 2xx status
 * @throws WebhookError 11100 bad URL, 11205 no connection, 11200 time-out or a status that is no success
 * @source Twilio, webhooks connection overrides; debugger 11200, 11205
 */
export async function requestWebhook(request: WebhookRequest): Promise<WebhookAnswer> {
  const overrides = readOverrides(parseUrl(request.url).hash)
  const deadline = performance.now() + overrides.total_ms
  const token = randomUUID()
  for (let attempt = 0; ; attempt++) {
    const left_ms = deadline - performance.now()
    try {
      return await follow(request, { ...overrides, total_ms: left_ms }, token)
    } catch (error) {
      if (!(error instanceof WebhookError)) throw error
      const mayRetry = overrides.retried.has(error.kind) || (overrides.retried.has('all') && error.kind !== 'tt')
      if (!mayRetry || attempt >= overrides.retries || performance.now() >= deadline) throw error
    }
  }
}

function parseUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null
  if (!url || (url.protocol !== 'http:' && url.protocol !== 'https:'))
    throw new WebhookError(11100, 'url', `The URL "${text}" is not a valid http or https URL.`)
  return url
}

async function follow(request: WebhookRequest, overrides: ConnectionOverrides, token: string): Promise<WebhookAnswer> {
  let hop = request
  for (let hops = 0; hops <= 10; hops++) {
    const answer = await attemptOnce(hop, overrides, token)
    if (answer.status >= 200 && answer.status < 300) return answer
    const isRedirect = [301, 302, 303, 307, 308].includes(answer.status) && answer.location !== undefined
    if (!isRedirect)
      throw new WebhookError(11200, answer.status >= 500 ? '5xx' : '4xx', `Got HTTP ${answer.status} from ${hop.url}.`)
    const url = new URL(answer.location!, hop.url).href
    // A redirected POST becomes a GET and loses its fields.
    hop = answer.status < 307 ? { ...hop, url, method: 'GET', params: {} } : { ...hop, url }
  }
  throw new WebhookError(11200, '4xx', `Too many redirects from ${request.url}.`)
}

/** The URL as configured, letter for letter, less the fragment; with GET the fields are in the query. */
function signedUrl(request: WebhookRequest): string {
  const url = request.url.split('#')[0]!
  const query = request.method === 'GET' ? new URLSearchParams(request.params).toString() : ''
  return query ? url + (url.includes('?') ? '&' : '?') + query : url
}

function attemptOnce(
  request: WebhookRequest,
  overrides: ConnectionOverrides,
  idempotencyToken: string,
): Promise<WebhookAnswer & { location: string | undefined }> {
  const url = signedUrl(request)
  const target = parseUrl(url)
  const isPost = request.method === 'POST'
  const key = request.isForged ? `${request.auth_token}-forged` : request.auth_token
  const body = isPost ? new URLSearchParams(request.params).toString() : ''
  const headers: Record<string, string> = {
    'User-Agent': 'TwilioProxy/1.1',
    Accept: '*/*',
    'X-Twilio-Signature': webhooks.getExpectedTwilioSignature(key, url, isPost ? request.params : {}),
    'I-Twilio-Idempotency-Token': idempotencyToken,
  }
  if (isPost) {
    headers['Content-Type'] = 'application/x-www-form-urlencoded; charset=UTF-8'
    headers['Content-Length'] = String(Buffer.byteLength(body))
  }
  if (request.failsToConnect?.())
    return Promise.reject(new WebhookError(11205, 'ct', `Could not connect to ${target.host}.`))
  const isTls = target.protocol === 'https:'
  const options = {
    method: request.method,
    headers,
    agent: isTls ? request.agents.https : request.agents.http,
  }
  // Nobody has a certificate for this machine; a stranger's must be right.
  const outgoing = isTls
    ? https.request(target, { ...options, rejectUnauthorized: !isLoopback(target.hostname) })
    : http.request(target, options)
  const answer = readAnswer(outgoing, overrides)
  outgoing.end(body)
  return answer
}

/**
 * Whether a host name means this machine.
 * @throws never
 * @source RFC 6890 (127.0.0.0/8, ::1)
 */
export function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname)
}

function readAnswer(
  outgoing: http.ClientRequest,
  limits: ConnectionOverrides,
): Promise<WebhookAnswer & { location: string | undefined }> {
  return new Promise((resolve, reject) => {
    const timers: NodeJS.Timeout[] = []
    const fail = (error: WebhookError) => {
      for (const timer of timers) clearTimeout(timer)
      outgoing.destroy()
      reject(error)
    }
    const limit = (delay_ms: number, kind: 'ct' | 'rt' | 'tt', code: number, what: string) => {
      const timer = setTimeout(
        () => fail(new WebhookError(code, kind, `${what} after ${Math.round(delay_ms)} ms: ${outgoing.host}.`)),
        Math.max(0, delay_ms),
      )
      timers.push(timer)
      return timer
    }
    limit(limits.total_ms, 'tt', 11200, 'Gave up')
    outgoing.on('socket', (socket) => {
      const connected = () => limit(limits.read_ms, 'rt', 11200, 'No answer')
      if (!socket.connecting) return connected()
      const connecting = limit(limits.connect_ms, 'ct', 11205, 'No connection')
      socket.once('connect', () => {
        clearTimeout(connecting)
        connected()
      })
    })
    outgoing.on('error', (error) =>
      fail(new WebhookError(11205, 'ct', `Could not reach ${outgoing.host}: ${error.message}`)),
    )
    outgoing.on('response', (response) => {
      const parts: Buffer[] = []
      response.on('data', (part: Buffer) => parts.push(part))
      response.on('error', (error) => fail(new WebhookError(11200, 'rt', `The answer broke off: ${error.message}`)))
      response.on('end', () => {
        for (const timer of timers) clearTimeout(timer)
        resolve({
          status: response.statusCode ?? 0,
          content_type: response.headers['content-type'] ?? '',
          location: response.headers.location,
          body: Buffer.concat(parts).toString('utf8'),
        })
      })
    })
  })
}
