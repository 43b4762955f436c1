// A relay made of a script: answers requests, opens sockets, keeps the time. Records what it was asked.
import type { LinkMessage } from '../../../shared/bridge.ts'
import { permissionsOf } from '../../../shared/permissions.ts'
import type { FetchLike, RelayClient, SocketLike } from '../../../shared/relay-client.ts'
import { createRelayClient } from '../../../shared/relay-client.ts'
import { problemOf, SETUP } from './fake-answers.ts'
import { floorTenant, TENANT_ID } from './fake-floor.ts'

export class ScriptedSocket implements SocketLike {
  binaryType = 'blob'
  closed_with: number | null = null
  readonly url: string
  readonly protocols: string[]
  readonly #listeners: Record<string, ((event: never) => void)[]> = {}

  constructor(url: string, protocols: string[]) {
    this.url = url
    this.protocols = protocols
  }

  addEventListener(type: string, listener: (event: never) => void): void {
    this.#listeners[type] = [...(this.#listeners[type] ?? []), listener]
  }

  close(code = 1005): void {
    this.closed_with ??= code
  }

  says(message: object | ArrayBuffer): void {
    const data = message instanceof ArrayBuffer ? message : JSON.stringify(message)
    for (const listener of this.#listeners.message ?? []) listener({ data } as never)
  }

  breaks(code = 1006, reason = ''): void {
    for (const listener of this.#listeners.close ?? []) listener({ code, reason } as never)
  }
}

export interface Asked {
  method: string
  path: string
  authorization: string | undefined
  body: unknown
}
type Answer = { status: number; body?: unknown; headers?: Record<string, string> }
type Script = (asked: Asked) => Answer | undefined | Promise<Answer | undefined>

export interface ScriptedRelay {
  client: RelayClient
  asked: Asked[]
  sockets: ScriptedSocket[]
  messages: LinkMessage[]
  secrets: { token: string | null }
  /** Answers before the usual ones do; the newest first. */
  when(script: Script): void
  /** Until the clock has moved on so far. */
  wait(ms: number): Promise<void>
  /** Lets promises settle, then moves the clock and runs what is due. */
  pass(ms?: number): Promise<void>
  readonly socket: ScriptedSocket
  readonly link: Extract<LinkMessage, { type: 'link' }>['link'] | undefined
  paths(): string[]
}

const settled = async () => {
  for (let turn = 0; turn < 30; turn += 1) await Promise.resolve()
}

export function scriptedRelay(options: { token?: string; random?: number } = {}): ScriptedRelay {
  const asked: Asked[] = []
  const sockets: ScriptedSocket[] = []
  const messages: LinkMessage[] = []
  const scripts: Script[] = []
  const secrets = { token: options.token ?? null }
  const timers = new Map<number, { at: number; run: () => void }>()
  let now = Date.parse('2026-11-23T18:00:00Z')
  let issued = 0
  let tickets = 0

  const signed_in = (): Answer => {
    issued += 1
    return {
      status: 200,
      body: {
        access_token: `access-${issued}`,
        refresh_token: `refresh-${issued}`,
        expires_in: 600,
        user: { id: 'us_dana000001', email: 'dana@acme.example', name: 'Dana Ortiz' },
        tenant_id: TENANT_ID,
        tenants: [],
      },
    }
  }
  const usual: Script = ({ path }) => {
    if (/\/auth\/(login|refresh|switch-tenant)$/.test(path)) return signed_in()
    if (path === '/api/auth/logout') return { status: 204 }
    if (path === '/api/me') {
      return {
        status: 200,
        body: {
          user: { id: 'us_dana000001', email: 'dana@acme.example', name: 'Dana Ortiz' },
          tenant_id: TENANT_ID,
          roles: ['supervisor'],
          permissions: permissionsOf(['supervisor']),
          tenants: [],
        },
      }
    }
    if (path === '/api/tickets') {
      tickets += 1
      return { status: 201, body: { ticket: `t${tickets}`, expires_in: 30 } }
    }
    if (path === '/api/setup') return { status: 200, body: SETUP }
    if (path === '/api/tenant') return { status: 200, body: floorTenant() }
    return { status: 404, body: problemOf('NOT_FOUND', 'Nothing here.') }
  }
  const fetch: FetchLike = async (url, init) => {
    const { pathname, search } = new URL(url)
    const request: Asked = {
      method: init.method,
      path: pathname + search,
      authorization: init.headers.authorization,
      body: init.body === undefined ? undefined : JSON.parse(init.body),
    }
    asked.push(request)
    let answer: Answer | undefined
    for (const script of [...scripts].reverse()) answer ??= await script(request)
    answer ??= (await usual(request)) as Answer
    const { status, body, headers } = answer
    return {
      status,
      headers: { get: (name) => headers?.[name] ?? null },
      text: async () => (body === undefined ? '' : JSON.stringify(body)),
    }
  }
  let next_timer = 1
  const client = createRelayClient({
    base_url: 'https://relay.example',
    fetch,
    openSocket: (url, protocols) => {
      const socket = new ScriptedSocket(url, protocols)
      sockets.push(socket)
      return socket
    },
    secrets: {
      load: async () => secrets.token,
      save: async (token) => {
        secrets.token = token
      },
    },
    now: () => now,
    setTimeout: (run, ms) => {
      timers.set(next_timer, { at: now + ms, run })
      return next_timer++
    },
    clearTimeout: (timer) => void timers.delete(timer as number),
    random: () => options.random ?? 1,
    onMessage: (message) => messages.push(message),
  })
  return {
    client,
    asked,
    sockets,
    messages,
    secrets,
    when: (script) => void scripts.push(script),
    wait: (ms) => new Promise((done) => timers.set(next_timer++, { at: now + ms, run: done })),
    paths: () => asked.map(({ path }) => path),
    get socket() {
      const socket = sockets.at(-1)
      if (!socket) throw new Error('No socket was opened.')
      return socket
    },
    get link() {
      return messages.findLast((message) => message.type === 'link')?.link
    },
    async pass(ms = 0) {
      await settled()
      const end = now + ms
      for (;;) {
        const due = [...timers].filter(([, timer]) => timer.at <= end).sort((a, b) => a[1].at - b[1].at)[0]
        if (!due) break
        timers.delete(due[0])
        now = Math.max(now, due[1].at)
        due[1].run()
        await settled()
      }
      now = end
      await settled()
    },
  }
}
