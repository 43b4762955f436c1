// The console's way to the relay: requests over HTTP, events over one WebSocket, a call's audio over another.
// Electron's main process and `lib/browser-bridge.ts` are both made of it. It knows neither; time, sockets, secrets
// and chance are given.
//
//   signed_out ──sign in──▶ connecting ──socket.ready──▶ linked ──closed, or three heartbeats missed──▶ lost
//        ▲                                                 ▲                                              │
//        └── refresh refused, or signed out                └───────────── ticket, socket, ready ──────────┘
//
// Roles that include no events end at not_allowed: there the requests work and no socket is asked for.
//
// There is no command queue: while the link is lost a request is refused at once, because a command that fires a
// minute later would act on a call its sender no longer sees.
import type { Bridge, LinkMessage, LinkState, ListenMessage, Reply } from './bridge.ts'
import type { Me } from './contract/access.ts'
import type { RelayEvent } from './events.ts'
import { CLOSE_CODES, HEARTBEAT_MS } from './events.ts'
import { LINK_LOST, refuse } from './relay-answers.ts'
import { listenIn } from './relay-listening.ts'
import { parseMessage } from './relay-messages.ts'
import type { FetchLike, RelayClientPorts, SocketLike } from './relay-ports.ts'
import { RelaySession } from './relay-session.ts'
import type { RouteInput, RouteOutput } from './route.ts'
import type { RouteName, Routes } from './routes.ts'

export type { FetchLike, RelayClientPorts, SocketLike }

export type RelayClient = Omit<Bridge, 'shell'> & {
  /** Ends all sockets and timers. */
  close(): void
}

const SUB_PROTOCOL = 'phony.v1'
/** Three missed heartbeats, and half of one for the way. */
const SILENCE_MS = HEARTBEAT_MS * 3.5
const RETRY = { first_ms: 250, most_ms: 8_000 } as const
/**
 * When the round trip is measured: soon after linking, once the first readings are through, and from then on. A long
 * one may be a passing one, so it is measured again sooner.
 */
const MEASURE = { first_ms: 1_000, long_ms: 3_000, then_ms: 15_000 } as const
const LONG_ROUND_TRIP_MS = 1_000

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

class Client {
  readonly #ports: RelayClientPorts
  readonly #session: RelaySession
  readonly #listeners = new Set<(message: LinkMessage) => void>()
  #me: Me | null = null
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
    this.#session = new RelaySession(ports, () => this.#leave())
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
    const refreshed = await this.#session.resume(refresh_token)
    if (refreshed.ok) return this.#enter()
    const is_over = refreshed.problem.code === 'REFRESH_REFUSED'
    return is_over ? { ok: true, value: null } : refreshed
  }

  async #signIn(input: { email: string; password: string; tenant_id?: string }): Promise<Reply<Me>> {
    const reply = await this.#session.send('login', { body: input })
    if (!reply.ok) return reply
    await this.#session.keep(reply.value)
    return this.#enter()
  }

  async #signOut(): Promise<void> {
    const { refresh_token } = this.#session
    if (refresh_token) await this.#session.send('logout', { body: { refresh_token } })
    await this.#leave()
  }

  async #switchTenant(tenant_id: string): Promise<Reply<Me>> {
    if (this.#link.state === 'lost') return refuse(LINK_LOST)
    const fresh = await this.#session.freshTokens()
    if (!fresh.ok) return fresh
    const reply = await this.#session.send('switchTenant', {
      body: { tenant_id, refresh_token: fresh.value.refresh_token },
    })
    if (!reply.ok) return reply
    await this.#session.keep(reply.value)
    return this.#enter()
  }

  // A sign-in is whole when the relay said who this is; only then events are asked for.
  async #enter(): Promise<Reply<Me>> {
    this.#dropSocket()
    this.#endListening('You went to another tenant.')
    this.#last_seq = null
    const me = await this.#session.send('getMe', {})
    if (!me.ok) return me
    this.#me = me.value
    this.#setLink({ state: 'connecting' })
    if (me.value.tenant_id !== null) this.#connectIfAllowed(me.value)
    return me
  }

  async #leave(): Promise<void> {
    this.#dropSocket()
    this.#clearTimer('retry')
    this.#endListening('Your sign-in has ended.')
    this.#me = null
    this.#last_seq = null
    await this.#session.forget()
    this.#setLink({ state: 'signed_out' })
  }

  // Requests

  #request<N extends RouteName>(name: N, input: RouteInput<Routes[N]>): Promise<Reply<RouteOutput<Routes[N]>>> {
    if (this.#link.state === 'lost') return Promise.resolve(refuse(LINK_LOST))
    return this.#session.send(name, input)
  }

  // The link

  async #connect(): Promise<void> {
    this.#dropSocket()
    const generation = this.#generation
    const ticket = await this.#session.send('createTicket', {})
    if (generation !== this.#generation) return
    if (!ticket.ok) return this.#lost(generation)
    const socket = this.#open(this.#eventsUrl(), ticket.value.ticket)
    if (!socket) return this.#lost(generation)
    this.#socket = socket
    socket.addEventListener('message', ({ data }) => {
      if (generation === this.#generation) this.#receive(data)
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

  #receive(data: unknown): void {
    const message = parseMessage(data)
    if (!message) return
    this.#heard_at = this.#ports.now()
    this.#awaitWords(this.#generation)
    switch (message.event_type) {
      case 'socket.ready':
        this.#last_seq ??= message.last_seq
        this.#linked()
        break
      case 'socket.reload':
        this.#last_seq = message.last_seq
        if (this.#link.state !== 'linked') this.#linked()
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

  // No round trip yet: what was asked while the relay was away measures the outage and not the way.
  #linked(): void {
    this.#attempts = 0
    this.#setLink({ state: 'linked', round_trip_ms: null })
    this.#measureIn(MEASURE.first_ms, this.#generation)
  }

  #measureIn(ms: number, generation: number): void {
    this.#timer('measure', ms, async () => {
      const began = this.#ports.now()
      const setup = await this.#session.send('getSetup', {})
      if (generation !== this.#generation || this.#link.state !== 'linked') return
      const round_trip_ms = this.#ports.now() - began
      if (setup.ok) {
        this.#tell({ type: 'setup', setup: setup.value })
        this.#setLink({ state: 'linked', round_trip_ms })
      }
      this.#measureIn(round_trip_ms > LONG_ROUND_TRIP_MS ? MEASURE.long_ms : MEASURE.then_ms, generation)
    })
  }

  // A socket may stay open over a dead line: silence is what tells.
  #awaitWords(generation: number): void {
    this.#timer('silence', SILENCE_MS, () => this.#lost(generation))
  }

  #closed(generation: number, code: number): void {
    if (generation !== this.#generation) return
    const is_asked = code === CLOSE_CODES.token_over || code === CLOSE_CODES.too_slow
    if (code === CLOSE_CODES.wrong_tenant) {
      void this.#rolesChanged(this.#attempts === 0)
    } else if (is_asked && this.#attempts === 0) {
      // The relay is there and asks for a new beginning: nothing is lost yet.
      this.#attempts = 1
      if (code === CLOSE_CODES.token_over) this.#session.renewNext()
      void this.#connect()
    } else {
      this.#lost(generation)
    }
  }

  // A role was taken away. New tokens know the roles as they are now; a relay that still refuses is not asked again.
  async #rolesChanged(may_connect: boolean): Promise<void> {
    this.#dropSocket()
    const generation = this.#generation
    this.#attempts = 1
    const me = await this.#readMe()
    if (generation !== this.#generation) return
    if (!me.ok) return this.#lost(generation)
    if (may_connect) this.#connectIfAllowed(me.value)
    else this.#setLink({ state: 'not_allowed' })
  }

  #connectIfAllowed(me: Me): void {
    if (me.permissions.includes('calls.read')) void this.#connect()
    else this.#setLink({ state: 'not_allowed' })
  }

  async #readMe(): Promise<Reply<Me>> {
    this.#session.renewNext()
    const me = await this.#session.send('getMe', {})
    if (!me.ok || !this.#me) return me
    this.#me = me.value
    this.#tell({ type: 'me', me: me.value })
    return me
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
    const url = new URL(`/calls/${encodeURIComponent(call_sid)}/listen`, this.#ports.base_url).href
    const { stop, fail } = listenIn(
      {
        takeTicket: () => this.#request('createTicket', {}),
        openSocket: (ticket) => this.#open(url, ticket),
        onRolesChanged: () => void this.#readMe(),
        onOver: () => void this.#listening.delete(fail),
      },
      listener,
    )
    this.#listening.add(fail)
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
