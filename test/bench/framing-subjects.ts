// What the measurement of framing measures: a server for media streams and a client for the model, by ours and by `ws`.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { WebSocket, WebSocketServer } from 'ws'
import { HotFrame } from '../../relay/framing/frame-writer.ts'
import { acceptUpgrade } from '../../relay/framing/handshake.ts'
import { openFramed } from '../../relay/framing/open-framed.ts'
import { type OnUpgrade, silent } from '../relay/framing/loopback.ts'
import { APPEND_HEAD, APPEND_TAIL, FRAME_HEAD, FRAME_TAIL, PAYLOAD, PAYLOAD_AT } from './framing-media.ts'

export type Scenario = 'receive' | 'send' | 'send-pairs' | 'bridge'
export type SubjectName = 'ours' | 'ws'

interface Connection {
  /** Sends the payload in this connection's hot message. */
  send(payload: string): void
  end(): void
}
interface Subject {
  /** Calls `onMessage` with each message, and `meet` with each connection, which sends media messages. */
  serve(meet: (connection: Connection) => (message: Buffer) => void): OnUpgrade
  /** Connects to the model's side; it sends appends. */
  open(url: string): Promise<Connection>
}

const MAX_MESSAGE_BYTES = 1024 * 1024
const LIMITS = { max_message_bytes: MAX_MESSAGE_BYTES, checks_utf8: false }
const WS_LIMITS = { maxPayload: MAX_MESSAGE_BYTES, skipUTF8Validation: true, perMessageDeflate: false }

const ours: Subject = {
  serve: (meet) => (request, socket, head) => {
    let hear: (message: Buffer) => void = () => {}
    const framed = acceptUpgrade(request, socket, head, { ...silent, onText: (message) => hear(message) }, LIMITS)
    const hot = new HotFrame(FRAME_HEAD, FRAME_TAIL)
    if (framed) hear = meet({ send: (payload) => framed.sendHot(hot, payload), end: () => framed.terminate() })
  },
  open: (url) =>
    new Promise((resolve) => {
      const hot = new HotFrame(APPEND_HEAD, APPEND_TAIL)
      const options = { url, headers: {}, handshake_timeout_ms: 5_000, ...LIMITS }
      const framed = openFramed(options, {
        ...silent,
        onRefused() {},
        onOpen: () => resolve({ send: (payload) => framed.sendHot(hot, payload), end: () => framed.terminate() }),
      })
    }),
}

const ws: Subject = {
  serve: (meet) => {
    const server = new WebSocketServer({ noServer: true, ...WS_LIMITS })
    return (request, socket, head) =>
      server.handleUpgrade(request, socket, head, (accepted) => {
        accepted.on(
          'message',
          meet({
            send: (payload) => accepted.send(`${FRAME_HEAD}${payload}${FRAME_TAIL}`),
            end: () => accepted.terminate(),
          }),
        )
      })
  },
  open: (url) =>
    new Promise((resolve) => {
      const socket = new WebSocket(url, WS_LIMITS)
      socket.on('open', () =>
        resolve({
          send: (payload) => socket.send(`${APPEND_HEAD}${payload}${APPEND_TAIL}`),
          end: () => socket.terminate(),
        }),
      )
    }),
}

export const SUBJECTS: Record<SubjectName, Subject> = { ours, ws }

interface Bench {
  port: number
  /** When as many are connected as there should be, and the first messages have gone. */
  begin(connections: number): Promise<void>
  messages(): number
  end(): Promise<void>
}

export async function overLoopback(
  subject: Subject,
  scenario: Scenario,
  sink_port: number,
  per_second: number,
): Promise<Bench> {
  const connections: Connection[] = []
  let messages = 0
  const models: Connection[] = []
  const upgrade = subject.serve((connection) => {
    const model = models[connections.push(connection) - 1]
    return (message) => {
      messages++
      model?.send(message.toString('latin1', PAYLOAD_AT, PAYLOAD_AT + PAYLOAD.length))
    }
  })
  const server = createServer().on('upgrade', upgrade)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  let timer: NodeJS.Timeout | undefined
  const at_once = scenario === 'send-pairs' ? 2 : 1
  const sendEvenly = () => {
    const began = performance.now()
    let sent = 0
    timer = setInterval(() => {
      const due = ((performance.now() - began) * per_second) / 1_000
      for (; sent < due; sent += at_once) {
        for (let i = 0; i < at_once; i++) connections[(sent / at_once) % connections.length]!.send(PAYLOAD)
        messages += at_once
      }
    }, 1)
  }
  if (scenario === 'bridge')
    for (let i = 0; i < 200; i++) models.push(await subject.open(`ws://127.0.0.1:${sink_port}/`))
  return {
    port: (server.address() as AddressInfo).port,
    begin: async (expected) => {
      while (connections.length < expected) await new Promise((resolve) => setTimeout(resolve, 5))
      if (scenario.startsWith('send')) sendEvenly()
      await new Promise((resolve) => setTimeout(resolve, 300))
    },
    messages: () => messages,
    end: async () => {
      clearInterval(timer)
      for (const connection of [...connections, ...models]) connection.end()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
