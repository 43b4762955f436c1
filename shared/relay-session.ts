// Who is signed in, as far as requests go: the tokens, their renewal, and each request sent with them.
import type { Reply } from './bridge.ts'
import type { SignedIn } from './contract/access.ts'
import type { RequestParts } from './relay-answers.ts'
import { messageOf, NOT_REACHED, NOT_SIGNED_IN, refuse, replyOf, urlOf } from './relay-answers.ts'
import type { RelayClientPorts } from './relay-ports.ts'
import type { Route, RouteInput, RouteOutput } from './route.ts'
import type { RouteName, Routes } from './routes.ts'
import { ROUTES } from './routes.ts'

/** The access token is renewed this long before its end. */
const RENEW_BEFORE_MS = 30_000
interface Tokens {
  access_token: string
  refresh_token: string
  /** Epoch milliseconds. */
  renew_at: number
}

type Ports = Pick<RelayClientPorts, 'base_url' | 'fetch' | 'secrets' | 'now'>

export class RelaySession {
  readonly #ports: Ports
  readonly #onRefused: () => Promise<void>
  #tokens: Tokens | null = null
  #refreshing: Promise<Reply<SignedIn>> | null = null

  /** @param onRefused the relay ended the sign-in */
  constructor(ports: Ports, onRefused: () => Promise<void>) {
    this.#ports = ports
    this.#onRefused = onRefused
  }

  get refresh_token(): string | null {
    return this.#tokens?.refresh_token ?? null
  }

  /** Goes on with a token that was kept. It stays kept when the relay is not there. */
  async resume(refresh_token: string): Promise<Reply<SignedIn>> {
    this.#tokens = { access_token: '', refresh_token, renew_at: 0 }
    const refreshed = await this.#refresh()
    if (!refreshed.ok) this.#tokens = null
    return refreshed
  }

  /** The next request takes a new access token. */
  renewNext(): void {
    if (this.#tokens) this.#tokens.renew_at = 0
  }

  async forget(): Promise<void> {
    this.#tokens = null
    await this.#ports.secrets.save(null)
  }

  /** Keeps what a sign-in or a refresh brought. */
  async keep(signed_in: SignedIn): Promise<void> {
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
    const reply = await this.send('refresh', { body: { refresh_token } })
    if (reply.ok) await this.keep(reply.value)
    else if (reply.problem.code === 'REFRESH_REFUSED') await this.#onRefused()
    return reply
  }

  /** The tokens, renewed when they are near their end. */
  async freshTokens(): Promise<Reply<Tokens>> {
    if (this.#tokens && this.#ports.now() >= this.#tokens.renew_at) {
      const refreshed = await this.#refresh()
      if (!refreshed.ok) return refreshed
    }
    return this.#tokens ? { ok: true, value: this.#tokens } : refuse(NOT_SIGNED_IN)
  }

  /** One request with the access token of now; when it is refused as over, once more with a new one. */
  async send<N extends RouteName>(name: N, input: RouteInput<Routes[N]>): Promise<Reply<RouteOutput<Routes[N]>>> {
    const route: Route = ROUTES[name]
    const parts = input as RequestParts
    const first = await this.#once(route, parts)
    // Without tokens the sign-in is over, and there is nothing to renew.
    const is_stale = !first.ok && first.problem.status === 401 && route.permission !== 'public' && this.#tokens !== null
    if (!is_stale) return first as Reply<RouteOutput<Routes[N]>>
    const refreshed = await this.#refresh()
    if (!refreshed.ok) return refreshed
    return (await this.#once(route, parts)) as Reply<RouteOutput<Routes[N]>>
  }

  async #once(route: Route, input: RequestParts): Promise<Reply<unknown>> {
    const headers: Record<string, string> = { accept: 'application/json' }
    if (route.permission !== 'public') {
      const tokens = await this.freshTokens()
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
}
