// A whole relay for journeys: compose() with the embedded store in a fresh folder, the simulated outside, no traffic.
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { WebSocket } from 'ws'
import { compose, type Relay } from '../../relay/compose.ts'
import { type Config, readConfig } from '../../relay/config.ts'
import { type Logger, silentLogger } from '../../relay/platform/logger.ts'
import type { RelayEvent, SocketNotice } from '../../shared/events.ts'
import { RelayEvent as RelayEventSchema, SocketNotice as SocketNoticeSchema } from '../../shared/events.ts'
import type { Route, RouteInput, RouteOutput } from '../../shared/route.ts'
import { ROUTES, type RouteName, type Routes } from '../../shared/routes.ts'

export interface Answer<T> {
  status: number
  body: T
  headers: Headers
}

export interface TestRelay {
  relay: Relay
  url: string
  data_dir: string
  config: Config
  /** Signs a demo user in, by first name in lower case. */
  as(name: DemoName, tenant_id?: string): Promise<Client>
  /** Starts it once more as one that is no demo, which adds a platform admin of a tenant of their own, and then again. */
  addPlatformAdmin(): Promise<void>
  asPlatformAdmin(): Promise<Client>
  restart(): Promise<void>
  close(): Promise<void>
}
export type DemoName = 'dana' | 'priya' | 'jonas' | 'ines' | 'sam'
const DOMAINS: Record<DemoName, string> = {
  dana: 'acme',
  priya: 'acme',
  jonas: 'acme',
  ines: 'northwind',
  sam: 'northwind',
}
const PLATFORM_ADMIN = { email: 'admin@phony.example', password: 'a long enough password' }
export const ACME = 'tnt_acme0000'
export const NORTHWIND = 'tnt_north000'

export interface Client {
  tenant_id: string
  access_token: string
  refresh_token: string
  call<N extends RouteName>(
    name: N,
    input: RouteInput<Routes[N]>,
    headers?: Record<string, string>,
  ): Promise<Answer<RouteOutput<Routes[N]>>>
  /** As `call`, and the answer must be good and of the route's schema. */
  ok<N extends RouteName>(name: N, input: RouteInput<Routes[N]>): Promise<RouteOutput<Routes[N]>>
  events(last_seq?: number): Promise<EventFeed>
}

/** Every journey can be run on other parts: `npm test` runs them on the embedded store and again on MongoDB and Redis. */
function servicesOfThisRun(): Record<string, string> {
  const { PHONY_TEST_MONGODB, PHONY_TEST_REDIS, PHONY_TEST_WORKERS } = process.env
  const own = randomBytes(6).toString('hex')
  return {
    ...(PHONY_TEST_MONGODB ? { MONGODB_URL: PHONY_TEST_MONGODB, MONGODB_DATABASE: `phony_${own}` } : {}),
    ...(PHONY_TEST_REDIS
      ? { REDIS_URL: PHONY_TEST_REDIS, REDIS_KEY_PREFIX: `phony_${own}:`, JWT_SECRET: own.repeat(4) }
      : {}),
    ...(PHONY_TEST_WORKERS ? { RELAY_WORKERS: PHONY_TEST_WORKERS } : {}),
  }
}

export async function startTestRelay(change: Partial<Config> = {}, log: Logger = silentLogger): Promise<TestRelay> {
  const data_dir = mkdtempSync(join(tmpdir(), 'phony-test-'))
  const config: Config = {
    ...readConfig({ PORT: '0', DEMO: 'true', DATA_DIR: data_dir, ...servicesOfThisRun() }),
    demo_calls: 0,
    ...change,
  }
  let relay = await compose(config, log)
  const test: TestRelay = {
    get relay() {
      return relay
    },
    get url() {
      return relay.url
    },
    data_dir,
    config,
    as: (name, tenant_id) => signIn(relay.url, `${name}@${DOMAINS[name]}.example`, `demo-${name}`, tenant_id),
    async addPlatformAdmin() {
      await relay.close(0)
      relay = await compose({ ...config, demo: false, admin: PLATFORM_ADMIN }, log)
      await test.restart()
    },
    asPlatformAdmin: () => signIn(relay.url, PLATFORM_ADMIN.email, PLATFORM_ADMIN.password),
    async restart() {
      await relay.close(0)
      relay = await compose(config, log)
    },
    async close() {
      await relay.close(0)
      rmSync(data_dir, { recursive: true, force: true })
    },
  }
  return test
}

export async function signIn(url: string, email: string, password: string, tenant_id?: string): Promise<Client> {
  const answer = await fetch(`${url}/api/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email, password, ...(tenant_id ? { tenant_id } : {}) }),
  })
  const body = (await answer.json()) as { access_token: string; refresh_token: string; tenant_id: string }
  if (!answer.ok) throw new Error(`${email} cannot sign in: ${JSON.stringify(body)}`)
  return client(url, body)
}

export function client(
  url: string,
  { access_token, refresh_token, tenant_id }: { access_token: string; refresh_token: string; tenant_id: string },
): Client {
  const self: Client = {
    tenant_id,
    access_token,
    refresh_token,
    async call(name, input, headers = {}) {
      const route: Route = ROUTES[name]
      const parts = input as {
        params?: Record<string, string>
        query?: Record<string, unknown>
        body?: unknown
      }
      const path = route.path.replace(/:(\w+)/g, (_, key: string) => encodeURIComponent(parts.params?.[key] ?? ''))
      const query = new URLSearchParams(
        Object.entries(parts.query ?? {})
          .filter(([, value]) => value !== undefined)
          .map(([key, value]) => [key, String(value)]),
      )
      const answer = await fetch(`${url}${path}${query.size > 0 ? `?${query}` : ''}`, {
        method: route.method.toUpperCase(),
        headers: {
          authorization: `Bearer ${access_token}`,
          ...(parts.body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(parts.body === undefined ? {} : { body: JSON.stringify(parts.body) }),
      })
      const text = await answer.text()
      return {
        status: answer.status,
        body: (text ? JSON.parse(text) : undefined) as never,
        headers: answer.headers,
      }
    },
    async ok(name, input) {
      const answer = await self.call(name, input)
      if (answer.status >= 300) throw new Error(`${name} answered ${answer.status}: ${JSON.stringify(answer.body)}`)
      const { response } = ROUTES[name] as Route
      return (response ? response.parse(answer.body) : undefined) as never
    },
    events: (last_seq) =>
      openFeed(
        `${url.replace(/^http/, 'ws')}/events/ws?tenant_id=${tenant_id}${last_seq === undefined ? '' : `&last_seq=${last_seq}`}`,
        access_token,
      ),
  }
  return self
}

export interface EventFeed {
  first: SocketNotice
  all: RelayEvent[]
  /** The first event, past or coming, that fits. */
  next<T extends RelayEvent['event_type']>(
    type: T,
    fits?: (event: Extract<RelayEvent, { event_type: T }>) => boolean,
    within_ms?: number,
  ): Promise<Extract<RelayEvent, { event_type: T }>>
  close(): void
}

async function openFeed(url: string, token: string): Promise<EventFeed> {
  const socket = new WebSocket(url, { headers: { authorization: `Bearer ${token}` } })
  const all: RelayEvent[] = []
  const waiting = new Set<() => void>()
  const first = new Promise<SocketNotice>((resolve, reject) => {
    socket.on('error', reject)
    socket.on('close', (code) => reject(new Error(`closed with ${code}`)))
    socket.on('message', (data: Buffer) => {
      const message = JSON.parse(data.toString()) as { event_type: string }
      if (message.event_type.startsWith('socket.')) return resolve(SocketNoticeSchema.parse(message))
      all.push(RelayEventSchema.parse(message))
      for (const look of [...waiting]) look()
    })
  })
  return {
    first: await first,
    all,
    next(type, fits = () => true, within_ms = 15_000) {
      return new Promise((resolve, reject) => {
        const look = () => {
          const found = all.find((event) => event.event_type === type && fits(event as never))
          if (!found) return
          waiting.delete(look)
          clearTimeout(timer)
          resolve(found as never)
        }
        const timer = setTimeout(() => {
          waiting.delete(look)
          reject(
            new Error(
              `No ${type} within ${within_ms} ms. Seen: ${all
                .map((event) => event.event_type)
                .join(', ')
                .slice(-600)}`,
            ),
          )
        }, within_ms)
        waiting.add(look)
        look()
      })
    },
    close: () => socket.terminate(),
  }
}

/** Until something is true. */
export async function until<T>(
  look: () => T | Promise<T>,
  within_ms = 10_000,
): Promise<Exclude<T, false | null | undefined | '' | 0>> {
  const end = Date.now() + within_ms
  for (;;) {
    const value = await look()
    if (value) return value as Exclude<T, false | null | undefined | '' | 0>
    if (Date.now() > end) throw new Error(`Not within ${within_ms} ms`)
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
}
