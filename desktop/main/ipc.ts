// The page's side door to the relay: the Bridge, served to one window. Every method is a line in a table with the form
// of its arguments; who asks and what is asked are checked before anything is done. Walk (iii) of the README.
//
//   page ──invoke(method, args)──▶ a reply          page ──open(id, stream, args)──▶ messages(id) … until stop(id)
import type { WebContents, WebFrameMain } from 'electron'
import { z } from 'zod'
import type { Bridge, LinkMessage, ListenMessage, Reply } from '../../shared/bridge.ts'
import type { Problem } from '../../shared/errors.ts'
import { CallSid, Id } from '../../shared/primitives.ts'
import type { RelayClient } from '../../shared/relay-client.ts'
import type { Route } from '../../shared/route.ts'
import type { RouteName } from '../../shared/routes.ts'
import { ROUTES } from '../../shared/routes.ts'
import { CONSOLE_URL } from './console-protocol.ts'
import { joinEvents } from './join-events.ts'

type Returning<R> = {
  [K in keyof Bridge]: Bridge[K] extends (...args: never[]) => R ? K : never
}[keyof Bridge]
type Method = Returning<Promise<unknown>>
type Stream = Returning<() => void>

/** What these answer are tokens, and tokens stay in this process: the client asks for them itself. */
const KEPT_BACK: ReadonlySet<RouteName> = new Set(['login', 'refresh', 'logout', 'switchTenant', 'createTicket'])

const Request = z
  .tuple([z.enum(Object.keys(ROUTES) as [RouteName, ...RouteName[]]), z.unknown()])
  .superRefine(([name, input], ctx) => {
    if (KEPT_BACK.has(name)) ctx.addIssue({ code: 'custom', path: [0], message: `${name} is not asked by the page.` })
    const parsed = inputOf(ROUTES[name]).safeParse(input)
    for (const { path, message } of parsed.error?.issues ?? []) {
      ctx.addIssue({ code: 'custom', path: [1, ...path], message })
    }
  })

/** Every method of the Bridge and the form of its arguments. */
const METHODS: Record<Method, z.ZodType<unknown[]>> = {
  restore: z.tuple([]),
  signIn: z.tuple([ROUTES.login.body]),
  signOut: z.tuple([]),
  switchTenant: z.tuple([Id]),
  request: Request,
}
/** Every stream of the Bridge and the form of its arguments, less the listener. */
const STREAMS = { subscribe: z.tuple([]), listen: z.tuple([CallSid]) } satisfies Record<Stream, z.ZodType>

const MethodName = z.enum(Object.keys(METHODS) as [Method, ...Method[]])
const StreamId = z.number().int().positive()
/** One page has one subscription and listens to one call; more than this is a mistake in it. */
const MOST_STREAMS = 16

/**
 * Serves the Bridge to the page of one window, until that window is gone.
 * @param contents only its main frame, and only while it shows the console, is answered
 * @throws to the page alone, when somebody else asks or what is asked does not exist
 * @source bridge.ts; desktop.md section 4
 */
export function serveBridge(contents: WebContents, client: RelayClient): void {
  const streams = new Map<number, () => void>()
  const stopAll = () => {
    for (const stop of streams.values()) stop()
    streams.clear()
  }
  const tell = (id: number) => (message: LinkMessage | ListenMessage) => {
    if (streams.has(id) && !contents.isDestroyed()) contents.send('phony:message', id, message)
  }

  contents.ipc.handle('phony:invoke', (event, name: unknown, args: unknown) => {
    refuseStrangers(event.senderFrame)
    return invoke(client, MethodName.parse(name), args)
  })
  contents.ipc.on('phony:open', (event, id: unknown, name: unknown, args: unknown) => {
    if (!isOurs(event.senderFrame)) return
    const stream_id = StreamId.safeParse(id).data
    if (stream_id === undefined || streams.has(stream_id) || streams.size >= MOST_STREAMS) return
    // Held before it opens: the first message comes while it does.
    streams.set(stream_id, () => undefined)
    const stop = open(client, name, args, tell(stream_id))
    if (stop) streams.set(stream_id, stop)
    else streams.delete(stream_id)
  })
  contents.ipc.on('phony:stop', (event, id: unknown) => {
    const stream_id = isOurs(event.senderFrame) ? StreamId.safeParse(id).data : undefined
    if (stream_id === undefined) return
    streams.get(stream_id)?.()
    streams.delete(stream_id)
  })
  // A page that is loaded again, or died, does not stop what it opened.
  contents.on('did-start-navigation', ({ isMainFrame, isSameDocument }) => {
    if (isMainFrame && !isSameDocument) stopAll()
  })
  contents.on('render-process-gone', stopAll)
  contents.on('destroyed', stopAll)
}

function invoke(client: RelayClient, name: Method, args: unknown): Promise<unknown> {
  const parsed = METHODS[name].safeParse(args)
  if (!parsed.success) return Promise.resolve(malformed(parsed.error))
  // The table says that these are the arguments of this method; TypeScript cannot follow it through the name.
  const method = client[name] as (...args: unknown[]) => Promise<unknown>
  return method(...parsed.data)
}

function open(
  client: RelayClient,
  name: unknown,
  args: unknown,
  tell: (message: LinkMessage | ListenMessage) => void,
): (() => void) | null {
  if (name === 'subscribe' && STREAMS.subscribe.safeParse(args).success) {
    return client.subscribe(joinEvents(tell))
  }
  if (name === 'listen') {
    const parsed = STREAMS.listen.safeParse(args)
    if (parsed.success) return client.listen(parsed.data[0], tell)
    tell({ type: 'closed', reason: 'There is no such call.' })
  }
  return null
}

/** Params, query and body exactly as the route has them, and nothing beside. */
function inputOf(route: Route): z.ZodType {
  const { params, query, body } = route
  return z.strictObject({ ...(params && { params }), ...(query && { query }), ...(body && { body }) })
}

function refuseStrangers(frame: WebFrameMain | null): void {
  if (!isOurs(frame)) throw new Error('Only the console may ask.')
}

function isOurs(frame: WebFrameMain | null): boolean {
  return frame !== null && frame.parent === null && frame.url.startsWith(CONSOLE_URL)
}

function malformed(error: z.ZodError): Reply<never> {
  const problem: Problem = {
    type: 'urn:phony:arguments-invalid',
    title: 'A field has the wrong form',
    status: 422,
    code: 'BODY_INVALID',
    detail: error.issues[0]?.message ?? 'A field has the wrong form.',
    errors: error.issues.map(({ path, message }) => ({ pointer: pointerOf(path), detail: message })),
  }
  return { ok: false, problem }
}

// As the relay names fields: from the body on, where the fault is in a body.
function pointerOf(path: readonly PropertyKey[]): string {
  const [, part, ...rest] = path.map(String)
  const within = part === 'body' || part === undefined ? rest : [part, ...rest]
  return `/${within.join('/')}`
}
