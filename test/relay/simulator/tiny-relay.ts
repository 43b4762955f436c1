// The smallest relay there can be: answers the webhook, bridges the media stream and the model. It exists so that
// the simulator is tested from the outside, by something that is not ours to share code with.
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { WebSocket, WebSocketServer } from 'ws'

export interface WebhookSeen {
  readonly path: string
  readonly method: string
  readonly headers: IncomingMessage['headers']
  readonly params: Record<string, string>
}
export type Answer = { status?: number; type?: string; body?: string; delay_ms?: number; location?: string }

export interface TinyRelay {
  readonly url: string
  readonly media_url: string
  readonly seen: WebhookSeen[]
  /** Headers of media upgrades, as they came over the wire. */
  readonly upgrades: { url: string; rawHeaders: string[] }[]
  close(): Promise<void>
}

/** Answers webhooks with `answer` and hands media sockets to `onMedia`. */
export async function startTinyRelay(
  answer: (seen: WebhookSeen, relay: { url: string; media_url: string }) => Answer,
  onMedia: (socket: WebSocket, url: string) => void = () => undefined,
): Promise<TinyRelay> {
  const seen: WebhookSeen[] = []
  const upgrades: { url: string; rawHeaders: string[] }[] = []
  const server: Server = createServer(async (request, response) => {
    let body = ''
    for await (const part of request) body += part
    const url = new URL(request.url ?? '/', 'http://x')
    const params = Object.fromEntries(request.method === 'GET' ? url.searchParams : new URLSearchParams(body))
    const webhook = { path: url.pathname, method: request.method ?? '', headers: request.headers, params }
    seen.push(webhook)
    const { status = 200, type = 'text/xml', body: text = '', delay_ms = 0, location } = answer(webhook, where)
    setTimeout(() => {
      response.writeHead(status, { 'Content-Type': type, ...(location ? { Location: location } : {}) }).end(text)
    }, delay_ms)
  })
  const sockets = new WebSocketServer({ server })
  sockets.on('connection', (socket, request) => {
    upgrades.push({ url: request.url ?? '', rawHeaders: request.rawHeaders })
    onMedia(socket, request.url ?? '')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const where = { url: `http://127.0.0.1:${port}`, media_url: `ws://127.0.0.1:${port}/media` }
  return {
    ...where,
    seen,
    upgrades,
    async close() {
      for (const socket of sockets.clients) socket.terminate()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

export const connectTwiml = (media_url: string, inside = '', attributes = '') =>
  `<?xml version="1.0" encoding="UTF-8"?><Response><Connect${attributes}><Stream url="${media_url}">${inside}</Stream></Connect></Response>`

/** Bridges one media socket to the model: turns, barge-in, tools, goodbye. */
export function bridge(phone: WebSocket, model_url: string, api_key: string, session: Record<string, unknown>): void {
  const model = new WebSocket(`${model_url.replace('http', 'ws')}/realtime?model=gpt-realtime-2.1`, {
    headers: { Authorization: `Bearer ${api_key}` },
  })
  let streamSid = ''
  let item = ''
  let played_ms = 0
  let isEnding = false
  const tell = (event: unknown) => model.readyState === WebSocket.OPEN && model.send(JSON.stringify(event))
  const play = (event: unknown) => phone.readyState === WebSocket.OPEN && phone.send(JSON.stringify(event))
  phone.on('message', (data) => {
    const text = String(data)
    if (!text.startsWith('{')) return
    const message = JSON.parse(text)
    if (message.event === 'media') tell({ type: 'input_audio_buffer.append', audio: message.media.payload })
    if (message.event === 'start') streamSid = message.streamSid
    if (message.event === 'mark') {
      const [id, ms] = message.mark.name.split(':')
      if (id === item) played_ms = Number(ms)
      if (id === 'end') phone.close(1000)
    }
  })
  phone.on('close', () => model.close())
  let sent_ms = 0
  model.on('message', (data) => {
    const event = JSON.parse(String(data))
    switch (event.type) {
      case 'session.created':
        tell({ type: 'session.update', session: { type: 'realtime', ...session } })
        break
      case 'session.updated':
        tell({ type: 'response.create' })
        break
      case 'response.output_audio.delta':
        if (event.item_id !== item) [item, sent_ms, played_ms] = [event.item_id, 0, 0]
        sent_ms += (event.delta.length * 3) / 4 / 8
        play({ event: 'media', streamSid, media: { payload: event.delta } })
        play({ event: 'mark', streamSid, mark: { name: `${item}:${Math.floor(sent_ms)}` } })
        break
      case 'input_audio_buffer.speech_started':
        if (sent_ms > played_ms + 50) {
          play({ event: 'clear', streamSid })
          tell({
            type: 'conversation.item.truncate',
            item_id: item,
            content_index: 0,
            audio_end_ms: Math.floor(played_ms),
          })
          sent_ms = played_ms
        }
        break
      case 'response.function_call_arguments.done':
        isEnding ||= event.name === 'end_call'
        tell({
          type: 'conversation.item.create',
          item: { type: 'function_call_output', call_id: event.call_id, output: '{"status":"ok"}' },
        })
        break
      case 'response.done':
        if (isEnding) play({ event: 'mark', streamSid, mark: { name: 'end' } })
        else if (event.response.output.some((part: { type: string }) => part.type === 'function_call'))
          tell({ type: 'response.create' })
    }
  })
  model.on('close', () => phone.close())
  model.on('error', () => phone.close())
}

/** A session over mu-law, as a telephone relay asks for it. */
export const telephoneSession = (instructions: string) => ({
  instructions,
  audio: {
    input: { format: { type: 'audio/pcmu' }, transcription: { model: 'gpt-transcribe' } },
    output: { format: { type: 'audio/pcmu' }, voice: 'coral' },
  },
  tools: [
    {
      type: 'function',
      name: 'end_call',
      parameters: {
        type: 'object',
        properties: {
          outcome: { type: 'string', enum: ['resolved', 'unresolved', 'escalated'] },
          summary: { type: 'string' },
        },
        required: ['outcome', 'summary'],
      },
    },
    {
      type: 'function',
      name: 'escalate',
      parameters: {
        type: 'object',
        properties: { reason: { type: 'string' }, urgency: { type: 'string', enum: ['normal', 'high'] } },
        required: ['reason', 'urgency'],
      },
    },
  ],
})
