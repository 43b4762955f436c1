// A model that is not ours: the least of the Realtime protocol a relay may rely on, every step in the test's hand.
// It keeps all it was sent, so that a test can hold each message against the protocol.
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type WebSocket, WebSocketServer } from 'ws'

export interface ClientEvent {
  type: string
  event_id?: string
  [field: string]: unknown
}
export interface ScriptedSession {
  /** Of the request that opened it, in lower case and the order in which they came. */
  header_names: string[]
  received: ClientEvent[]
  /** Bytes of caller audio that came, in order. */
  audio: Buffer
  session: Record<string, unknown>
  send(event: Record<string, unknown>): void
  sendRaw(text: string): void
  next(type: string, from?: number): Promise<ClientEvent>
  /** Speaks: created, item, audio in deltas, transcript, done. Left open when `finish` is false. */
  speak(
    text: string,
    ms: number,
    options?: {
      response_id?: string
      finish?: boolean
      tool_calls?: { name: string; arguments: string }[]
      usage?: object
    },
  ): string
  close(code?: number): void
  drop(): void
}
export interface ScriptedModel {
  base_url: string
  sessions: ScriptedSession[]
  session(index?: number): Promise<ScriptedSession>
  close(): Promise<void>
}

/**
 * @param options.open_after_ms how long the handshake takes; options.refuse an HTTP status instead of a socket, for the
 *   first `refuse_times` handshakes or for all
 */
export async function startScriptedModel(
  options: {
    open_after_ms?: number
    refuse?: number
    refuse_times?: number
    greets?: boolean
    onUpdate?: (session: ScriptedSession, event: ClientEvent) => boolean
  } = {},
): Promise<ScriptedModel> {
  const server = createServer()
  const sockets = new WebSocketServer({ noServer: true })
  const sessions: ScriptedSession[] = []
  let refused = 0
  server.on('upgrade', (req, socket, head) => {
    if (options.refuse && refused++ < (options.refuse_times ?? Number.POSITIVE_INFINITY))
      return void socket.end(`HTTP/1.1 ${options.refuse} No\r\nContent-Length: 0\r\n\r\n`)
    setTimeout(
      () => sockets.handleUpgrade(req, socket, head, (ws) => sessions.push(serve(ws, req, options))),
      options.open_after_ms ?? 0,
    )
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    base_url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    sessions,
    async session(index = 0) {
      for (let tries = 0; tries < 400; tries++) {
        if (sessions[index]) return sessions[index]
        await new Promise((resolve) => setTimeout(resolve, 25))
      }
      throw new Error('No session was opened.')
    },
    close: () => {
      for (const ws of sockets.clients) ws.terminate()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}

let count = 0
const BYTES_PER_MS = 8

function serve(
  ws: WebSocket,
  { rawHeaders }: IncomingMessage,
  options: Parameters<typeof startScriptedModel>[0] = {},
): ScriptedSession {
  const waiting = new Set<() => void>()
  const chunks: Buffer[] = []
  const session: ScriptedSession = {
    header_names: rawHeaders.filter((_, index) => index % 2 === 0).map((name) => name.toLowerCase()),
    received: [],
    get audio() {
      return Buffer.concat(chunks)
    },
    session: {
      type: 'realtime',
      model: 'gpt-realtime-2.1',
      instructions: '',
      audio: {
        input: { format: { type: 'audio/pcm', rate: 24000 } },
        output: { format: { type: 'audio/pcm', rate: 24000 }, voice: 'alloy' },
      },
    },
    send: (event) => ws.send(JSON.stringify({ event_id: `srv_${++count}`, ...event })),
    sendRaw: (text) => ws.send(text),
    next(type, from = 0) {
      return new Promise((resolve, reject) => {
        const look = () => {
          const found = session.received.slice(from).find((event) => event.type === type)
          if (!found) return
          waiting.delete(look)
          clearTimeout(timer)
          resolve(found)
        }
        const timer = setTimeout(
          () =>
            reject(
              new Error(
                `No ${type}. Seen: ${session.received
                  .map((event) => event.type)
                  .join(', ')
                  .slice(-400)}`,
              ),
            ),
          10_000,
        )
        waiting.add(look)
        look()
      })
    },
    speak(text, ms, { response_id = `resp_${++count}`, finish = true, tool_calls = [], usage } = {}) {
      const item_id = `item_${++count}`
      session.send({
        type: 'response.created',
        response: { id: response_id, status: 'in_progress', output: [] },
      })
      if (ms > 0) {
        session.send({
          type: 'response.output_item.added',
          response_id,
          output_index: 0,
          item: { id: item_id, type: 'message', role: 'assistant', content: [] },
        })
        for (let at = 0; at < ms; at += 200) {
          const bytes = Math.min(200, ms - at) * BYTES_PER_MS
          session.send({
            type: 'response.output_audio.delta',
            response_id,
            item_id,
            output_index: 0,
            content_index: 0,
            delta: Buffer.alloc(bytes, 0x10).toString('base64'),
          })
          if (at === 0)
            session.send({
              type: 'response.output_audio_transcript.delta',
              response_id,
              item_id,
              output_index: 0,
              content_index: 0,
              delta: text,
            })
        }
      }
      if (!finish) return item_id
      session.send({
        type: 'response.output_audio.done',
        response_id,
        item_id,
        output_index: 0,
        content_index: 0,
      })
      session.send({
        type: 'response.output_audio_transcript.done',
        response_id,
        item_id,
        output_index: 0,
        content_index: 0,
        transcript: text,
      })
      const output = tool_calls.map((call, index) => ({
        type: 'function_call',
        id: `fc_${count}_${index}`,
        call_id: `call_${count}_${index}`,
        status: 'completed',
        ...call,
      }))
      session.send({
        type: 'response.done',
        response: { id: response_id, status: 'completed', output, ...(usage ? { usage } : {}) },
      })
      return item_id
    },
    close: (code = 1000) => ws.close(code),
    drop: () => ws.terminate(),
  }
  ws.on('message', (data: Buffer) => {
    const event = JSON.parse(data.toString()) as ClientEvent
    session.received.push(event)
    if (event.type === 'input_audio_buffer.append') chunks.push(Buffer.from(event.audio as string, 'base64'))
    if (event.type === 'session.update' && !options?.onUpdate?.(session, event)) {
      const change = event.session as Record<string, unknown>
      session.session = { ...session.session, ...change, audio: change.audio ?? session.session.audio }
      session.send({ type: 'session.updated', session: session.session })
    }
    if (
      event.type === 'response.create' &&
      options?.greets !== false &&
      session.received.filter((seen) => seen.type === 'response.create').length === 1
    )
      session.speak('Hello, how can I help?', 600)
    for (const look of [...waiting]) look()
  })
  session.send({ type: 'session.created', session: session.session })
  return session
}
