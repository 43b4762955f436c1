// The console's way to the relay: requests over HTTP, events over one WebSocket, a call's audio over another.
// Electron's main process and `lib/browser-bridge.ts` are both made of it. It knows neither; time, sockets, secrets
// and chance are given.
//
//   signed_out ──sign in──▶ connecting ──socket.ready──▶ linked ──closed, or three heartbeats missed──▶ lost
//        ▲                                                 ▲                                              │
//        └── refresh refused, or signed out                └───────────── ticket, socket, ready ──────────┘
//
// There is no command queue: while the link is lost a request is refused at once, because a command that fires a
// minute later would act on a call its sender no longer sees.
import { z } from 'zod'
import type { Bridge, LinkMessage, LinkState, ListenMessage, Reply } from './bridge.ts'
import type { Me, SignedIn } from './contract/access.ts'
import { Problem } from './errors.ts'
import { CLOSE_CODES, HEARTBEAT_MS, RelayEvent, SocketNotice } from './events.ts'
import type { Route, RouteInput, RouteOutput } from './route.ts'
import type { RouteName, Routes } from './routes.ts'
import { ROUTES } from './routes.ts'

/** What of a WebSocket is used; the browser's and that of `ws` both have it. */
export interface SocketLike {
  binaryType: string
  close(code?: number, reason?: string): void
  addEventListener(type: 'message', listener: (event: { data: unknown }) => void): void
  addEventListener(type: 'close', listener: (event: { code: number; reason: string }) => void): void
  addEventListener(type: 'error', listener: () => void): void
}

/** What of fetch is used. */
export type FetchLike = (
  url: string,
  init: { method: string; headers: Record<string, string>; body?: string },
) => Promise<{ status: number; headers: { get(name: string): string | null }; text(): Promise<string> }>

export interface RelayClientPorts {
  /** Where the relay is: `https://relay.example`. */
  base_url: string
  fetch: FetchLike
  openSocket(url: string, protocols: string[]): SocketLike
  /** Where the refresh token lies between two starts. */
  secrets: { load(): Promise<string | null>; save(refresh_token: string | null): Promise<void> }
  /** Epoch milliseconds. */
  now(): number
  setTimeout(run: () => void, ms: number): unknown
  clearTimeout(timer: unknown): void
  /** 0 to 1, for the spread of retries. */
  random(): number
  /** Told everything that `subscribe` tells. */
  onMessage?(message: LinkMessage): void
}

export type RelayClient = Omit<Bridge, 'shell'> & {
  /** Ends all sockets and timers. */
  close(): void
}

const SUB_PROTOCOL = 'phony.v1'
/** The access token is renewed this long before its end. */
const RENEW_BEFORE_MS = 30_000
/** Three missed heartbeats, and half of one for the way. */
const SILENCE_MS = HEARTBEAT_MS * 3.5
const RETRY = { first_ms: 250, most_ms: 8_000 } as const
/** How often the round trip is measured while nothing else is asked. */
const MEASURE_MS = 15_000
const SPEAKERS = ['caller', 'agent'] as const
const AUDIO_HEADER_BYTES = 8

/**
 * A client of one relay.
 * @param ports what it is made of
 * @returns the Bridge, less the name of the shell
 * @throws never; whatever fails becomes a problem in the reply
 * @source bridge.ts; product text, "API"; decisions.md
 */
export function createRelayClient(ports: RelayClientPorts): RelayClient {
  return new Client(ports).bridge()
}

interface Tokens {
  access_token: string
  refresh_token: string
  /** Epoch milliseconds. */
  renew_at: number
}

class Client {
  readonly #ports: RelayClientPorts
  readonly #listeners = new Set<(message: LinkMessage) => void>()
  #tokens: Tokens | null = null
  #me: Me | null = null
  #refreshing: Promise<Reply<SignedIn>> | null = null
  #link: LinkState = { state: 'signed_out' }
  #socket: SocketLike | null = null
  /** Sockets and timers of an earlier link compare this and do nothing. */
  #generation = 0
  #last_seq: number | null = null
  #heard_at = 0
  #attempts = 0
  #timers = new Map<'retry' | 'silence' | 'measure', unknown>()
  #listening = new Set<(reason: string) => void>()

  constructor(ports: RelayClientPorts) {
    this.#ports = ports
  }

  bridge(): RelayClient {
    return {
      relay_url: this.#ports.base_url,
      restore: () => this.#restore(),
      signIn: (input) => this.#signIn(input),
      signOut: () => this.#signOut(),
      switchTenant: (tenant_id) => this.#switchTenant(tenant_id),
      request: (name, input) => this.#request(name, input),
      subscribe: (listener) => this.#subscribe(listener),
      listen: (call_sid, listener) => this.#listen(call_sid, listener),
      close: () => this.#close(),
    }
  }

  // Signing in and out

  async #restore(): Promise<Reply<Me | null>> {
    if (this.#me) {
      if (this.#link.state === 'lost') this.#retryNow()
      return { ok: true, value: this.#me }
    }
    const refresh_token = await this.#ports.secrets.load()
    if (!refresh_token) return { ok: true, value: null }
    this.#tokens = { access_token: '', refresh_token, renew_at: 0 }
    const refreshed = await this.#refresh()
    if (refreshed.ok) return this.#enter()
    const is_over = refreshed.problem.code === 'REFRESH_REFUSED'
    this.#tokens = null
    return is_over ? { ok: true, value: null } : refreshed
  }

  async #signIn(input: { email: string; password: string; tenant_id?: string }): Promise<Reply<Me>> {
    const reply = await this.#send('login', { body: input })
    if (!reply.ok) return reply
    await this.#keep(reply.value)
    return this.#enter()
  }

  async #signOut(): Promise<void> {
    const refresh_token = this.#tokens?.refresh_token
    if (refresh_token) await this.#send('logout', { body: { refresh_token } })
    await this.#leave()
  }

  async #switchTenant(tenant_id: string): Promise<Reply<Me>> {
    if (this.#link.state === 'lost') return refuse(LINK_LOST)
    const fresh = await this.#freshTokens()
    if (!fresh.ok) return fresh
    const reply = await this.#send('switchTenant', {
      body: { tenant_id, refresh_token: fresh.value.refresh_token },
    })
    if (!reply.ok) return reply
    await this.#keep(reply.value)
    return this.#enter()
  }

  // A sign-in is whole when the relay said who this is; only then events are asked for.
  async #enter(): Promise<Reply<Me>> {
    this.#dropSocket()
    this.#endListening('You went to another tenant.')
    this.#last_seq = null
    const me = await this.#send('getMe', {})
    if (!me.ok) return me
    this.#me = me.value
    this.#setLink({ state: 'connecting' })
    if (me.value.tenant_id !== null) void this.#connect()
    return me
  }

  async #leave(): Promise<void> {
    this.#dropSocket()
    this.#clearTimer('retry')
    this.#endListening('You signed out.')
    this.#tokens = null
    this.#me = null
    this.#last_seq = null
    await this.#ports.secrets.save(null)
    this.#setLink({ state: 'signed_out' })
  }

  async #keep(signed_in: SignedIn): Promise<void> {
    const life_ms = signed_in.expires_in * 1000
    this.#tokens = {
      access_token: signed_in.access_token,
      refresh_token: signed_in.refresh_token,
      renew_at: this.#ports.now() + Math.max(life_ms / 2, life_ms - RENEW_BEFORE_MS),
    }
    await this.#ports.secrets.save(signed_in.refresh_token)
  }

  // A refresh token works once, so all who need a new access token wait for the same refresh.
  #refresh(): Promise<Reply<SignedIn>> {
    this.#refreshing ??= this.#refreshOnce().finally(() => {
      this.#refreshing = null
    })
    return this.#refreshing
  }

  async #refreshOnce(): Promise<Reply<SignedIn>> {
    const refresh_token = this.#tokens?.refresh_token ?? ''
    const reply = await this.#send('refresh', { body: { refresh_token } })
    if (reply.ok) await this.#keep(reply.value)
    else if (reply.problem.code === 'REFRESH_REFUSED') await this.#leave()
    return reply
  }

  async #freshTokens(): Promise<Reply<Tokens>> {
    if (this.#tokens && this.#ports.now() >= this.#tokens.renew_at) {
      const refreshed = await this.#refresh()
      if (!refreshed.ok) return refreshed
    }
    return this.#tokens ? { ok: true, value: this.#tokens } : refuse(NOT_SIGNED_IN)
  }

  // Requests

  #request<N extends RouteName>(name: N, input: RouteInput<Routes[N]>): Promise<Reply<RouteOutput<Routes[N]>>> {
    if (this.#link.state === 'lost') return Promise.resolve(refuse(LINK_LOST))
    return this.#send(name, input)
  }

  async #send<N extends RouteName>(name: N, input: RouteInput<Routes[N]>): Promise<Reply<RouteOutput<Routes[N]>>> {
    const route: Route = ROUTES[name]
    const parts = input as RequestParts
    const first = await this.#once(route, parts)
    const is_stale = !first.ok && first.problem.status === 401 && route.permission !== 'public'
    if (!is_stale) return first as Reply<RouteOutput<Routes[N]>>
    const refreshed = await this.#refresh()
    if (!refreshed.ok) return refreshed
    return (await this.#once(route, parts)) as Reply<RouteOutput<Routes[N]>>
  }

  async #once(route: Route, input: RequestParts): Promise<Reply<unknown>> {
    const headers: Record<string, string> = { accept: 'application/json' }
    if (route.permission !== 'public') {
      const tokens = await this.#freshTokens()
      if (!tokens.ok) return tokens
      headers.authorization = `Bearer ${tokens.value.access_token}`
    }
    if (input.body !== undefined) headers['content-type'] = 'application/json'
    try {
      const answer = await this.#ports.fetch(urlOf(this.#ports.base_url, route, input), {
        method: route.method.toUpperCase(),
        headers,
        ...(input.body === undefined ? {} : { body: JSON.stringify(input.body) }),
      })
      return replyOf(route, answer.status, await answer.text(), answer.headers.get('retry-after'))
    } catch (error) {
      return refuse({ ...NOT_REACHED, detail: `${NOT_REACHED.detail} ${messageOf(error)}`.trim() })
    }
  }

  // The link

  async #connect(): Promise<void> {
    this.#dropSocket()
    const generation = this.#generation
    const began = this.#ports.now()
    const ticket = await this.#send('createTicket', {})
    if (generation !== this.#generation) return
    if (!ticket.ok) return this.#lost(generation)
    const round_trip_ms = this.#ports.now() - began
    const socket = this.#open(this.#eventsUrl(), ticket.value.ticket)
    if (!socket) return this.#lost(generation)
    this.#socket = socket
    socket.addEventListener('message', ({ data }) => {
      if (generation === this.#generation) this.#receive(data, round_trip_ms)
    })
    socket.addEventListener('close', ({ code }) => this.#closed(generation, code))
    socket.addEventListener('error', () => undefined)
    this.#awaitWords(generation)
  }

  #eventsUrl(): string {
    const url = new URL('/events/ws', this.#ports.base_url)
    url.searchParams.set('tenant_id', this.#me?.tenant_id ?? '')
    if (this.#last_seq !== null) url.searchParams.set('last_seq', String(this.#last_seq))
    return url.href
  }

  #open(url: string, ticket: string): SocketLike | null {
    try {
      return this.#ports.openSocket(url.replace(/^http/, 'ws'), [SUB_PROTOCOL, `ticket.${ticket}`])
    } catch {
      return null
    }
  }

  #receive(data: unknown, round_trip_ms: number): void {
    const message = parseMessage(data)
    if (!message) return
    this.#heard_at = this.#ports.now()
    this.#awaitWords(this.#generation)
    switch (message.event_type) {
      case 'socket.ready':
        this.#last_seq ??= message.last_seq
        this.#linked(round_trip_ms)
        break
      case 'socket.reload':
        this.#last_seq = message.last_seq
        if (this.#link.state !== 'linked') this.#linked(round_trip_ms)
        this.#tell({ type: 'reload' })
        break
      case 'socket.heartbeat':
        break
      default:
        this.#event(message)
    }
  }

  // What was sent again after a reconnect, or came twice, is known by its number.
  #event(event: RelayEvent): void {
    if (this.#last_seq !== null && event.seq <= this.#last_seq) return
    this.#last_seq = event.seq
    this.#tell({ type: 'events', events: [event] })
  }

  #linked(round_trip_ms: number): void {
    this.#attempts = 0
    this.#setLink({ state: 'linked', round_trip_ms })
    this.#measureLater(this.#generation)
  }

  #measureLater(generation: number): void {
    this.#timer('measure', MEASURE_MS, async () => {
      const began = this.#ports.now()
      const setup = await this.#send('getSetup', {})
      if (generation !== this.#generation || this.#link.state !== 'linked') return
      if (setup.ok) {
        this.#tell({ type: 'setup', setup: setup.value })
        this.#setLink({ state: 'linked', round_trip_ms: this.#ports.now() - began })
      }
      this.#measureLater(generation)
    })
  }

  // A socket may stay open over a dead line: silence is what tells.
  #awaitWords(generation: number): void {
    this.#timer('silence', SILENCE_MS, () => this.#lost(generation))
  }

  #closed(generation: number, code: number): void {
    if (generation !== this.#generation) return
    if (code === CLOSE_CODES.token_over && this.#tokens) this.#tokens.renew_at = 0
    const is_asked = code === CLOSE_CODES.token_over || code === CLOSE_CODES.too_slow
    if (is_asked && this.#attempts === 0) {
      // The relay is there and asks for a new beginning: nothing is lost yet.
      this.#attempts = 1
      void this.#connect()
    } else {
      this.#lost(generation)
    }
  }

  #lost(generation: number): void {
    if (generation !== this.#generation || !this.#me) return
    this.#dropSocket()
    const wait_ms = this.#waitMs()
    const as_of =
      this.#link.state === 'lost' ? this.#link.as_of : new Date(this.#heard_at || this.#ports.now()).toISOString()
    this.#setLink({ state: 'lost', as_of, retry_at: new Date(this.#ports.now() + wait_ms).toISOString() })
    this.#timer('retry', wait_ms, () => void this.#connect())
  }

  #waitMs(): number {
    const most = Math.min(RETRY.most_ms, RETRY.first_ms * 2 ** this.#attempts)
    this.#attempts += 1
    return Math.round(Math.max(RETRY.first_ms, most * (0.5 + this.#ports.random() / 2)))
  }

  #retryNow(): void {
    this.#attempts = 0
    this.#clearTimer('retry')
    void this.#connect()
  }

  #dropSocket(): void {
    this.#generation += 1
    this.#clearTimer('silence')
    this.#clearTimer('measure')
    const socket = this.#socket
    this.#socket = null
    socket?.close(1000)
  }

  // Listening in

  #listen(call_sid: string, listener: (message: ListenMessage) => void): () => void {
    let socket: SocketLike | null = null
    let is_over = false
    const stop = () => {
      is_over = true
      this.#listening.delete(fail)
      socket?.close(1000)
    }
    const fail = (reason: string) => {
      if (is_over) return
      stop()
      listener({ type: 'closed', reason })
    }
    this.#listening.add(fail)
    void this.#request('createTicket', {}).then((ticket) => {
      if (is_over) return
      if (!ticket.ok) return fail(ticket.problem.detail)
      const url = new URL(`/calls/${encodeURIComponent(call_sid)}/listen`, this.#ports.base_url).href
      socket = this.#open(url, ticket.value.ticket)
      if (!socket) return fail('The audio could not be opened.')
      socket.binaryType = 'arraybuffer'
      socket.addEventListener('message', ({ data }) => {
        const message = is_over ? null : parseAudio(data)
        if (message) listener(message)
      })
      socket.addEventListener('close', ({ code, reason }) => fail(closeWords(code, reason)))
      socket.addEventListener('error', () => undefined)
    })
    return stop
  }

  #endListening(reason: string): void {
    for (const end of this.#listening) end(reason)
  }

  // Telling

  #subscribe(listener: (message: LinkMessage) => void): () => void {
    this.#listeners.add(listener)
    listener({ type: 'link', link: this.#link })
    return () => this.#listeners.delete(listener)
  }

  #setLink(link: LinkState): void {
    this.#link = link
    this.#tell({ type: 'link', link })
  }

  #tell(message: LinkMessage): void {
    this.#ports.onMessage?.(message)
    for (const listener of this.#listeners) listener(message)
  }

  #timer(name: 'retry' | 'silence' | 'measure', ms: number, run: () => void): void {
    this.#clearTimer(name)
    this.#timers.set(name, this.#ports.setTimeout(run, ms))
  }

  #clearTimer(name: 'retry' | 'silence' | 'measure'): void {
    const timer = this.#timers.get(name)
    if (timer !== undefined) this.#ports.clearTimeout(timer)
    this.#timers.delete(name)
  }

  #close(): void {
    this.#dropSocket()
    this.#clearTimer('retry')
    this.#endListening('The console was closed.')
    this.#listeners.clear()
  }
}

interface RequestParts {
  params?: Record<string, unknown>
  query?: Record<string, unknown>
  body?: unknown
}

function urlOf(base_url: string, route: Route, input: RequestParts): string {
  const path = route.path.replace(/:(\w+)/g, (_, name: string) =>
    encodeURIComponent(String(input.params?.[name] ?? '')),
  )
  const url = new URL(path, base_url)
  for (const [name, value] of Object.entries(input.query ?? {})) {
    if (value !== undefined && value !== null) url.searchParams.set(name, String(value))
  }
  return url.href
}

function replyOf(route: Route, status: number, text: string, retry_after: string | null): Reply<unknown> {
  const json = parseJson(text)
  if (status >= 400) return refuse(problemOf(status, json, retry_after))
  if (route.response === null) return { ok: true, value: undefined }
  const parsed = route.response.safeParse(json)
  return parsed.success ? { ok: true, value: parsed.data } : refuse(NOT_UNDERSTOOD)
}

function problemOf(status: number, json: unknown, retry_after: string | null): Problem {
  const parsed = Problem.safeParse(json)
  const problem: Problem = parsed.success ? parsed.data : { ...NOT_UNDERSTOOD, status }
  const seconds = Number(retry_after)
  return retry_after !== null && Number.isFinite(seconds) && problem.retry_after_seconds === undefined
    ? { ...problem, retry_after_seconds: seconds }
    : problem
}

const SocketMessage = z.union([SocketNotice, RelayEvent])

function parseMessage(data: unknown): z.output<typeof SocketMessage> | null {
  const parsed = SocketMessage.safeParse(typeof data === 'string' ? parseJson(data) : null)
  return parsed.success ? parsed.data : null
}

/**
 * One binary message of the listen socket.
 * @param data byte 0 the speaker, byte 1 the kind (0 audio, 1 flush), bytes 4 to 7 the call's clock in milliseconds,
 *   big-endian, then mu-law
 * @returns null for what is not a message of ours
 * @source product text, "GET /calls/{call_sid}/listen"
 */
export function parseAudio(data: unknown): ListenMessage | null {
  if (!(data instanceof ArrayBuffer) || data.byteLength < AUDIO_HEADER_BYTES) return null
  const view = new DataView(data)
  if (view.getUint8(1) === 1) return { type: 'flush', speaker: 'agent' }
  const speaker = SPEAKERS[view.getUint8(0)]
  if (!speaker) return null
  const mulaw = new Uint8Array(data, AUDIO_HEADER_BYTES)
  return { type: 'audio', piece: { speaker, at_ms: view.getUint32(4), mulaw } }
}

function closeWords(code: number, reason: string): string {
  if (code === CLOSE_CODES.call_over) return 'The call is over.'
  if (code === CLOSE_CODES.too_slow) return 'The link is too slow for the audio.'
  if (code === CLOSE_CODES.token_over) return 'The sign-in is over.'
  return reason || 'The audio link was closed.'
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

const refuse = (problem: Problem): { ok: false; problem: Problem } => ({ ok: false, problem })

const messageOf = (error: unknown): string => (error instanceof Error ? `(${error.message})` : '')

// Problems made here and not by the relay have status 0: no answer came.
const LINK_LOST: Problem = {
  type: 'urn:phony:link-lost',
  title: 'The link to the relay is lost',
  status: 0,
  code: 'STORE_UNAVAILABLE',
  detail: 'The link to the relay is lost. Nothing was sent, and nothing is queued.',
}
const NOT_REACHED: Problem = {
  type: 'urn:phony:not-reached',
  title: 'The relay does not answer',
  status: 0,
  code: 'STORE_UNAVAILABLE',
  detail: 'The relay does not answer. Nothing is known to have changed.',
}
const NOT_SIGNED_IN: Problem = {
  type: 'urn:phony:not-signed-in',
  title: 'Nobody is signed in',
  status: 401,
  code: 'NOT_SIGNED_IN',
  detail: 'Sign in first.',
}
const NOT_UNDERSTOOD: Problem = {
  type: 'urn:phony:not-understood',
  title: 'The relay answered in a form this console does not know',
  status: 502,
  code: 'INTERNAL',
  detail: 'The relay answered in a form this console does not know. Relay and console may be of different versions.',
}
