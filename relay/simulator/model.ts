// The simulated model: a listener that speaks the Realtime GA protocol. Any relay can be pointed at it.
import { createServer, type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { type WebSocket, WebSocketServer } from 'ws'
import { createFaultSwitch, type FaultSwitch, type ModelFaults } from './faults.ts'
import { newId } from './model-ids.ts'
import { ModelSession, type SessionWorld } from './model-session.ts'
import type { Log, Speech } from './speech.ts'
import { createTicker } from './ticker.ts'

/** Which server's habits it has; see protocols of compatible servers. */
export type ModelProfile = 'openai' | 'no_acks' | 'beta_names' | 'pcm_only'

export interface ModelOptions {
  /** Default: a free port. */
  port?: number
  api_key: string
  speech: Speech
  profile?: ModelProfile
  /** Longest session; default 3,600,000 ms. */
  session_limit_ms?: number
  /** How much faster than real time audio is made; default 4. */
  audio_pace?: number
  faults?: Partial<ModelFaults>
  log?: Log
}

/** One open session, for tests and the demo. */
export interface ModelSessionView {
  readonly id: string
  readonly model: string
  readonly instructions: string
  readonly active_response_id: string | null
  /** Types of the client's and server's events in the order of the wire; append and audio deltas are counted, not kept. */
  readonly log: readonly { way: 'from_client' | 'to_client'; type: string; at_ms: number }[]
  readonly appended_ms: number
  /** Breaks the socket without a close frame (1006). */
  drop(): void
}

export interface Model {
  /** `http://127.0.0.1:PORT/v1`, for OPENAI_BASE_URL. */
  readonly base_url: string
  readonly faults: FaultSwitch<ModelFaults>
  sessions(): ModelSessionView[]
  close(): Promise<void>
}

const SESSION_LIMIT_MS = 3_600_000
const AUDIO_PACE = 4
const TICK_MS = 25
/** 15 MiB in an append, and the JSON around it. */
const MAX_MESSAGE_BYTES = 16 * 1024 * 1024
const MODELS = [
  'gpt-realtime-2.1',
  'gpt-realtime-2.1-mini',
  'gpt-realtime-2',
  'gpt-realtime-1.5',
  'gpt-realtime',
  'gpt-realtime-mini',
]

/**
 * Starts the model on loopback.
 * @throws (rejects) when the port is taken
 * @source ours; protocol of the OpenAI Realtime API, GA
 */
export async function startModel(options: ModelOptions): Promise<Model> {
  const faults = createFaultSwitch<ModelFaults>(options.faults)
  const ticker = createTicker(TICK_MS)
  const sessions = new Set<ModelSession>()
  const world: SessionWorld = {
    speech: options.speech,
    profile: options.profile ?? 'openai',
    audio_pace: options.audio_pace ?? AUDIO_PACE,
    session_limit_ms: options.session_limit_ms ?? SESSION_LIMIT_MS,
    log: options.log,
    ticker,
    faults,
  }
  const sockets = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: MAX_MESSAGE_BYTES,
    handleProtocols: (protocols) => (protocols.has('realtime') ? 'realtime' : false),
  })
  const accept = (socket: WebSocket, model: string) => {
    const session = new ModelSession(world, socket, model)
    sessions.add(session)
    socket.once('close', (code) => {
      sessions.delete(session)
      options.log?.('model session closed', { session_id: session.id, code })
    })
    session.open()
  }
  const server = createServer((request, response) => answerRest(request, response, options.api_key))
  server.on('upgrade', (request, socket, head) => {
    const refusal = refusalOf(request, options.api_key, faults)
    if (refusal) {
      refuseUpgrade(socket, refusal)
      return
    }
    if (faults.active.never_open) return
    const open = () =>
      sockets.handleUpgrade(request, socket, head, (opened) => {
        if (isBeta(request) && world.profile !== 'beta_names') refuseBeta(opened)
        else accept(opened, modelOf(request))
      })
    if (faults.active.open_delay_ms) setTimeout(open, faults.active.open_delay_ms).unref()
    else open()
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port ?? 0, '127.0.0.1', resolve)
  })
  return {
    base_url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    faults,
    sessions: () => [...sessions],
    async close() {
      for (const session of sessions) session.drop()
      ticker.close()
      sockets.close()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

interface Refusal {
  readonly status: number
  readonly code: string
  readonly message: string
}

const REFUSALS: Record<number, Omit<Refusal, 'status'>> = {
  401: { code: 'invalid_api_key', message: 'Incorrect API key provided.' },
  403: { code: 'forbidden', message: 'You are not allowed to use this model.' },
  404: { code: 'model_not_found', message: 'The model does not exist or you do not have access to it.' },
  429: { code: 'rate_limit_exceeded', message: 'Rate limit reached. Please try again later.' },
  500: { code: 'server_error', message: 'The server had an error while processing your request.' },
  503: { code: 'server_overloaded', message: 'The engine is currently overloaded, please try again later.' },
}

function refusalOf(request: IncomingMessage, api_key: string, faults: FaultSwitch<ModelFaults>): Refusal | null {
  const { refuse_status, refuse_count } = faults.active
  if (refuse_status && (refuse_count === undefined || faults.take('refuse_count')))
    return { status: refuse_status, ...REFUSALS[refuse_status]! }
  if (!isAuthentic(request, api_key)) return { status: 401, ...REFUSALS[401]! }
  if (urlOf(request).pathname !== '/v1/realtime')
    return { status: 404, code: 'not_found', message: `Invalid URL (GET ${urlOf(request).pathname})` }
  const model = modelOf(request)
  if (model === '') return { status: 400, code: 'missing_model', message: 'You must provide a model parameter.' }
  return /realtime/.test(model) ? null : { status: 404, ...REFUSALS[404]! }
}

function isAuthentic(request: IncomingMessage, api_key: string): boolean {
  // Browsers cannot set headers; they bring the key as a sub-protocol.
  const offered = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim())
  return request.headers.authorization === `Bearer ${api_key}` || offered.includes(`openai-insecure-api-key.${api_key}`)
}

function isBeta(request: IncomingMessage): boolean {
  return request.headers['openai-beta'] === 'realtime=v1'
}

/** The retired shape is let in and shown out, as the real server does. */
function refuseBeta(socket: WebSocket): void {
  const message = 'The Realtime Beta API is no longer supported. Please use /v1/realtime for the GA API.'
  const error = {
    type: 'invalid_request_error',
    code: 'beta_api_shape_disabled',
    message,
    param: null,
    event_id: null,
  }
  socket.send(JSON.stringify({ type: 'error', event_id: newId('event'), error }))
  socket.close(4000, 'invalid_request_error.beta_api_shape_disabled')
}

function refuseUpgrade(socket: Duplex, { status, code, message }: Refusal): void {
  const body = errorBody(code, message)
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
  ]
  socket.on('error', () => socket.destroy())
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`)
}

function answerRest(request: IncomingMessage, response: ServerResponse, api_key: string): void {
  const send = (status: number, body: string) =>
    response.writeHead(status, { 'Content-Type': 'application/json' }).end(body)
  const data = MODELS.map((id) => ({ id, object: 'model', created: 1_756_310_400, owned_by: 'system' }))
  const { pathname } = urlOf(request)
  if (!isAuthentic(request, api_key)) send(401, errorBody('invalid_api_key', 'Incorrect API key provided.'))
  else if (pathname === '/v1/models') send(200, JSON.stringify({ object: 'list', data }))
  else {
    const model = data.find(({ id }) => pathname === `/v1/models/${id}`)
    send(
      model ? 200 : 404,
      model ? JSON.stringify(model) : errorBody('not_found', `Invalid URL (${request.method} ${pathname})`),
    )
  }
}

function errorBody(code: string, message: string): string {
  return JSON.stringify({ error: { message, type: 'invalid_request_error', param: null, code } })
}

function urlOf(request: IncomingMessage): URL {
  return new URL(request.url ?? '/', 'http://localhost')
}

function modelOf(request: IncomingMessage): string {
  return urlOf(request).searchParams.get('model') ?? ''
}
