// Whole conversations on real sockets, plain and with TLS: ours with ours, ours with those of `ws` on either side, and what
// a setting falls back to in place of ours.
import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { afterEach, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { HotFrame } from '../../../relay/framing/frame-writer.ts'
import type { Framed } from '../../../relay/framing/framed.ts'
import { WIRES, type WireName } from '../../../relay/framing/wire.ts'
import { until } from '../../support/until.ts'
import { selfSigned } from './certificate.ts'
import {
  deferred,
  echoBy,
  echoByOurs,
  echoByWs,
  LIMITS,
  type Listening,
  listen,
  openOurs,
  openWs,
  Stage,
  silent,
  wireTo,
} from './loopback.ts'

const stage = new Stage()
afterEach(() => stage.end())

/** What both kinds of client can do. */
interface Talker {
  sendText(text: string): void
  sendBinary(bytes: Buffer): void
  close(code: number, reason: string): void
  messages: Buffer[]
  closed: Promise<string>
}

async function talkByOurs({ url, ca }: Listening, wire = WIRES.own): Promise<Talker> {
  const { framed, opened, messages, closed } = openOurs(stage, url, { ...(ca !== undefined && { ca }) }, {}, wire)
  await opened
  return {
    sendText: (text) => framed.sendText(text),
    sendBinary: (bytes) => framed.sendBinary(bytes),
    close: (code, reason) => framed.close(code, reason),
    messages,
    closed,
  }
}

async function talkByWs({ url, ca }: Listening): Promise<Talker> {
  const { socket, messages, closed } = await openWs(stage, url, ca)
  return {
    sendText: (text) => socket.send(text),
    sendBinary: (bytes) => socket.send(bytes),
    close: (code, reason) => socket.close(code, reason),
    messages,
    closed,
  }
}

const SERVERS = { ours: echoByOurs, ws: echoByWs, fallback: () => echoBy('ws') }
const CLIENTS = {
  ours: talkByOurs,
  ws: talkByWs,
  fallback: (listening: Listening) => talkByOurs(listening, WIRES.ws),
}
const SIZES = [0, 1, 125, 126, 430, 2_390, 65_535, 65_536, 1_000_003]

describe.each([
  ['ours', 'ours', false],
  ['ours', 'ours', true],
  ['ours', 'ws', false],
  ['ours', 'ws', true],
  ['ws', 'ours', false],
  ['ws', 'ours', true],
  ['fallback', 'ours', false],
  ['fallback', 'ours', true],
  ['ours', 'fallback', false],
  ['ours', 'fallback', true],
] as const)('server %s, client %s, secure: %s', (server, client, isSecure) => {
  it('messages of every size come back as they went, in order, and both close with the same code', async () => {
    const talker = await CLIENTS[client](await listen(stage, SERVERS[server](), isSecure))
    const sent: Buffer[] = []
    for (const size of SIZES) {
      const text = 'é'.repeat(size / 2) + 'x'.repeat(size % 2)
      talker.sendText(text)
      talker.sendBinary(Buffer.alloc(size, size))
      sent.push(Buffer.from(text), Buffer.alloc(size, size))
    }
    await until(() => talker.messages.length === sent.length)
    expect(talker.messages.every((message, i) => message.equals(sent[i]!))).toBe(true)
    talker.close(4002, 'done')
    expect(await talker.closed).toBe('4002 done')
  })

  it('a message of 20 MB comes back whole', async () => {
    const talker = await CLIENTS[client](await listen(stage, SERVERS[server](), isSecure))
    const large = Buffer.alloc(20_000_000, 'large ')
    talker.sendBinary(large)
    await until(() => talker.messages.length === 1)
    expect(talker.messages[0]!.equals(large)).toBe(true)
  })
})

/** A server and a client, and the wire between them: of a secure one, the server's end of it. */
async function pair(
  framing: WireName,
  isSecure = false,
): Promise<{
  server: Framed
  serverClosed: Promise<string>
  wire: Socket
  client: ReturnType<typeof openOurs>
}> {
  const met = deferred<Framed>()
  const wires = deferred<Socket>()
  const serverClosed = deferred<string>()
  const listener = { onClose: (code: number, reason: string) => serverClosed.resolve(`${code} ${reason}`.trim()) }
  const upgrade = echoByOurs((framed) => met.resolve(framed), {}, listener, WIRES[framing])
  const { url, port, ca } = await listen(
    stage,
    (request, socket, head) => {
      if (isSecure) wires.resolve(socket)
      upgrade(request, socket, head)
    },
    isSecure,
  )
  const wired = isSecure ? { url } : await wireTo(stage, port, (wire) => wires.resolve(wire))
  const client = openOurs(stage, wired.url, { ...(ca !== undefined && { ca }) }, {}, WIRES[framing])
  await client.opened
  return { server: await met.promise, serverClosed: serverClosed.promise, wire: await wires.promise, client }
}

it('the certificates of a host are checked once: what connects to it again takes up the session', async () => {
  const resumed: boolean[] = []
  const upgrade = echoByOurs()
  const { url, ca } = await listen(
    stage,
    (request, socket, head) => {
      resumed.push((socket as TLSSocket).isSessionReused())
      upgrade(request, socket, head)
    },
    true,
  )
  const others = await listen(stage, upgrade, true)
  for (let times = 0; times < 3; times++) {
    const client = openOurs(stage, url, { ca: ca! })
    await client.opened
    client.framed.sendText('hello')
    await until(() => client.messages.length === 1)
  }
  expect(resumed).toEqual([false, true, true])
  const distrusting = openOurs(stage, url, { ca: selfSigned().cert })
  expect(await distrusting.closed).toBe('1006')
  await openOurs(stage, others.url, { ca: ca! }).opened
})

describe.each(['own', 'ws'] as const)('framing: %s', (framing) => {
  describe('closing', () => {
    it.each([false, true])('[F16] the server closes: both hear its code and reason (secure: %s)', async (isSecure) => {
      const { server, serverClosed, client } = await pair(framing, isSecure)
      server.sendText('goodbye')
      server.close(1001, 'restart')
      expect([await client.closed, await serverClosed]).toEqual(['1001 restart', '1001 restart'])
      expect(client.messages.map(String)).toEqual(['goodbye'])
      expect(client.heard).toEqual(['open', 'close 1001 restart'])
    })

    it('[F16] both close at once: each hears the code of the other', async () => {
      const { server, serverClosed, client } = await pair(framing)
      server.close(4001)
      client.framed.close(4002)
      expect([await client.closed, await serverClosed]).toEqual(['4001', '4002'])
    })

    it.each([false, true])('[F17] a side that is destroyed is 1006 for both (secure: %s)', async (isSecure) => {
      const { server, serverClosed, client } = await pair(framing, isSecure)
      server.terminate()
      expect([await client.closed, await serverClosed]).toEqual(['1006', '1006'])
    })

    it.each([false, true])('[F17] a wire that is cut is 1006 for both (secure: %s)', async (isSecure) => {
      const { serverClosed, wire, client } = await pair(framing, isSecure)
      if (isSecure) wire.destroy()
      else wire.resetAndDestroy()
      expect([await client.closed, await serverClosed]).toEqual(['1006', '1006'])
      expect(client.framed.isOpen).toBe(false)
    })

    it('[F17] a wire that is reset in the middle of a message is 1006, and no part of the message is heard', async () => {
      const { serverClosed, wire, client } = await pair(framing)
      wire.write(Buffer.concat([Buffer.from([0x82, 127, 0, 0, 0, 0, 0, 1, 0, 0]), Buffer.alloc(1_000)]), () =>
        wire.resetAndDestroy(),
      )
      expect([await client.closed, await serverClosed]).toEqual(['1006', '1006'])
      expect(client.messages).toEqual([])
    })

    it('[F17] a wire that is reset after our close is 1006, and no error', async () => {
      const { wire, client } = await pair(framing)
      client.framed.close(1000)
      wire.resetAndDestroy()
      expect(await client.closed).toBe('1006')
      expect(client.heard).toEqual(['open', 'close 1006'])
    })

    it('[F16] a side that only ends its half is ended too', async () => {
      const { serverClosed, wire, client } = await pair(framing)
      wire.end()
      expect([await client.closed, await serverClosed]).toEqual(['1006', '1006'])
    })
  })

  describe('a reader that is slow', () => {
    it('is seen by the sender, and gets everything in the end', async () => {
      const { server, wire, client } = await pair(framing)
      const half = Buffer.alloc(500_000, 'half')
      wire.pause()
      client.framed.sendBinary(half)
      while (client.framed.bufferedBytes === 0) {
        client.framed.sendBinary(half)
        await new Promise((resolve) => setImmediate(resolve))
      }
      expect(client.framed.bufferedBytes).toBeGreaterThan(0)
      expect(server.isOpen).toBe(true)
      wire.resume()
      await until(() => client.framed.bufferedBytes === 0)
    })

    it('gets every sound as it was, also those that waited while later ones were written', async () => {
      const { wire, client } = await pair(framing)
      const sound = new HotFrame('{"sound":"', '"}')
      wire.pause()
      let sent = 0
      for (let more = 50; more > 0; sent++) {
        client.framed.sendHot(sound, String(sent).padStart(160, 'A'))
        if (client.framed.bufferedBytes > 0) more--
        if (sent % 100 === 0) await new Promise((resolve) => setImmediate(resolve))
      }
      wire.resume()
      await until(() => client.messages.length === sent)
      const whole = client.messages.every(
        (message, n) => `${message}` === `{"sound":"${String(n).padStart(160, 'A')}"}`,
      )
      expect(whole).toBe(true)
    })

    it('can be left by destroying it, whatever is still waiting', async () => {
      const { serverClosed, wire, client } = await pair(framing)
      wire.pause()
      for (let i = 0; i < 40; i++) client.framed.sendBinary(Buffer.alloc(500_000))
      client.framed.terminate()
      expect(await client.closed).toBe('1006')
      wire.resume()
      expect(await serverClosed).toBe('1006')
    })
  })

  describe('many connections', () => {
    it('leave nothing behind: no listener on the server, no socket, no warning', async () => {
      const warnings: Error[] = []
      const onWarning = (warning: Error) => warnings.push(warning)
      process.on('warning', onWarning)
      const { url, server } = await listen(stage, echoBy(framing))
      const counts = () => server.eventNames().map((name) => [name, server.listenerCount(name)])
      const before = counts()
      for (let i = 0; i < 30; i++) {
        const { framed, opened, closed, messages } = openOurs(stage, url, {}, {}, WIRES[framing])
        await opened
        framed.sendText('hello')
        await until(() => messages.length === 1)
        if (i % 3 === 0) framed.terminate()
        else framed.close(1000)
        await closed
      }
      while ((await connectionsOf(server)) > 0);
      process.off('warning', onWarning)
      expect([counts(), warnings]).toEqual([before, []])
    })

    it('of ws and ours, a thousand short messages each way at once arrive in order', async () => {
      const { url } = await listen(stage, echoBy(framing))
      const clients = await Promise.all(Array.from({ length: 5 }, () => openWs(stage, url)))
      const texts = Array.from({ length: 1_000 }, (_, i) => `message ${i}`)
      for (const { socket } of clients) for (const text of texts) socket.send(text)
      for (const { messages, socket } of clients) {
        await until(() => messages.length === texts.length)
        expect(messages.map(String)).toEqual(texts)
        expect(socket.readyState).toBe(WebSocket.OPEN)
      }
    })
  })
})

describe.each(['own', 'ws'] as const)('a wire that is %s', (name) => {
  it.each([
    ['messages', (socket: WebSocket) => socket.send('')],
    ['pings', (socket: WebSocket) => socket.ping()],
  ])('[F21] ends who sends more %s than there is need for, and says why', async (_what, send) => {
    const faults: string[] = []
    let heard = 0
    const listener = {
      ...silent,
      onText: () => void heard++,
      onError: ({ message }: Error) => void faults.push(message),
    }
    const options = { ...LIMITS, rate: { burst: 1_000, per_second: 10 } }
    const { url } = await listen(stage, (request, socket, head) => {
      WIRES[name].accept(request, socket, head, listener, options)
    })
    const { socket, closed } = await openWs(stage, url)
    for (let sent = 0; sent < 5_000; sent++) send(socket)
    // The library's is destroyed at once, which may overtake the close frame.
    expect(name === 'own' ? ['1008'] : ['1008', '1006']).toContain(await closed)
    expect(heard).toBeLessThan(1_500)
    expect(faults).toEqual(['The other side sent more messages in a short time than a call can need.'])
  })
})

const connectionsOf = (server: Listening['server']): Promise<number> =>
  new Promise((resolve, reject) => server.getConnections((error, count) => (error ? reject(error) : resolve(count))))
