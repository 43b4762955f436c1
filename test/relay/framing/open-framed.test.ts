// Opening a connection as a client: what it asks, what it accepts, and how it tells what went wrong.
import type { Socket } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { acceptKey } from '../../../relay/framing/handshake.ts'
import { withWords } from '../../../relay/framing/open-framed.ts'
import { fakeClock } from '../../support/fake-clock.ts'
import { frameBytes } from './frame-bytes.ts'
import { deferred, echoByOurs, listen, listenRaw, openOurs, Stage } from './loopback.ts'

const stage = new Stage()
afterEach(() => stage.end())

/** The answer to another key. */
const ACCEPT = 's3pPLMBiTxaQ9kYGzzhZRbK+xOo='

describe('a client', () => {
  /** A server by hand: `answer` gets the request's head. It never ends first; `gone` says when the client did. */
  async function answering(
    answer: (head: string, socket: Socket) => void,
  ): Promise<{ url: string; gone: Promise<void> }> {
    const gone = deferred<void>()
    const { url } = await listenRaw(stage, (socket) => {
      socket.once('data', (head) => answer(head.toString(), socket))
      socket.on('end', () => socket.end())
      socket.on('close', () => gone.resolve())
    })
    return { url, gone: gone.promise }
  }
  const keyIn = (head: string) => /^sec-websocket-key: (.*)$/im.exec(head)![1]!
  const acceptance = (head: string, ...more: string[]) =>
    [
      'HTTP/1.1 101 Switching Protocols',
      'Upgrade: websocket',
      'Connection: Upgrade',
      `Sec-WebSocket-Accept: ${acceptKey(keyIn(head))}`,
      ...more,
      '',
      '',
    ].join('\r\n')

  it('[F20] asks with a fresh key, its headers, path and query', async () => {
    const heads: string[] = []
    const { url } = await answering((head, socket) => {
      heads.push(head)
      socket.write(acceptance(head))
    })
    const open = () =>
      openOurs(stage, `${url}v1/realtime?model=a%20b`, { headers: { Authorization: 'Bearer k' } }).opened
    await Promise.all([open(), open()])
    for (const head of heads) {
      expect(head).toMatch(/^GET \/v1\/realtime\?model=a%20b HTTP\/1\.1\r\n/)
      expect(head).toMatch(/\r\nAuthorization: Bearer k\r\n/)
      expect(head).toMatch(/\r\nSec-WebSocket-Version: 13\r\n/)
      expect(Buffer.from(keyIn(head), 'base64').length).toBe(16)
      expect(head).not.toMatch(/extensions/i)
    }
    expect(new Set(heads.map(keyIn)).size).toBe(2)
  })

  it('[F20] is open only when it was accepted, and sends nothing before', async () => {
    const got: Buffer[] = []
    const { url } = await answering((head, socket) => {
      socket.on('data', (chunk) => got.push(chunk))
      setImmediate(() => socket.write(acceptance(head)))
    })
    const { framed, opened } = openOurs(stage, url)
    framed.sendText('too early')
    framed.ping()
    expect([framed.isOpen, framed.bufferedBytes]).toEqual([false, 0])
    await opened
    expect(framed.isOpen).toBe(true)
    framed.ping()
    while (got.length === 0) await new Promise((resolve) => setImmediate(resolve))
    expect(Buffer.concat(got).length).toBe(6)
  })

  it('hears a message that comes in one packet with the acceptance, after it was told that it is open', async () => {
    const { url } = await answering((head, socket) =>
      socket.write(Buffer.concat([Buffer.from(acceptance(head)), frameBytes({ opcode: 1, payload: 'welcome' })])),
    )
    const heard: string[] = []
    const { closed, framed } = openOurs(
      stage,
      url,
      {},
      {
        onOpen: () => void heard.push('open'),
        onText: (payload) => {
          heard.push(payload.toString())
          framed.terminate()
        },
      },
    )
    await closed
    expect(heard).toEqual(['open', 'welcome'])
  })

  it.each([
    [
      'the answer to another key',
      (head: string) => acceptance(head).replace(/Accept: .*/, `Accept: ${ACCEPT}`),
      'The server accepted another key than ours.',
    ],
    [
      'no answer to the key',
      (head: string) => acceptance(head).replace(/Sec-WebSocket-Accept: .*\r\n/, ''),
      'The server accepted another key than ours.',
    ],
    [
      'another upgrade',
      (head: string) => acceptance(head).replace('Upgrade: websocket', 'Upgrade: h2c'),
      'The server upgraded to something else than a WebSocket.',
    ],
    [
      'a subprotocol',
      (head: string) => acceptance(head, 'Sec-WebSocket-Protocol: a'),
      'The server chose a subprotocol nobody asked for.',
    ],
    [
      'an extension',
      (head: string) => acceptance(head, 'Sec-WebSocket-Extensions: permessage-deflate'),
      'The server chose an extension nobody asked for.',
    ],
  ])('[F20] refuses %s', async (_name, answer, why) => {
    const { url, gone } = await answering((head, socket) => socket.write(answer(head)))
    const { heard, closed } = openOurs(stage, url)
    expect(await closed).toBe('1006')
    expect(heard).toEqual([`error ${why}`, 'close 1006'])
    await gone
  })

  it.each([200, 301, 401, 403, 404, 429, 500, 503])('[F20] tells the status %i and follows nothing', async (status) => {
    const { url, gone } = await answering((_head, socket) =>
      socket.write(`HTTP/1.1 ${status} Some Words\r\nLocation: /elsewhere\r\nContent-Length: 5\r\n\r\nwords`),
    )
    const { heard, closed } = openOurs(stage, url)
    await closed
    expect(heard).toEqual([`refused ${status}`, 'close 1006'])
    await gone
  })

  it('[F20] takes 101 without an upgrade for the refusal it is', async () => {
    const { url, gone } = await answering((_head, socket) => socket.write('HTTP/1.1 101 Switching Protocols\r\n\r\n'))
    const { heard, closed } = openOurs(stage, url)
    await closed
    expect(heard).toEqual(['refused 101', 'close 1006'])
    await gone
  })

  it('[F20] gives up when the time is over, however busy the server looks', async () => {
    const clock = fakeClock()
    const asked = deferred<void>()
    const { url, gone } = await answering((_head, socket) => {
      socket.write('HTTP/1.1 101 Switching')
      asked.resolve()
    })
    const { heard, closed } = openOurs(stage, url, { clock, handshake_timeout_ms: 8_000 })
    await asked.promise
    clock.advance(7_999)
    expect(heard).toEqual([])
    clock.advance(1)
    await closed
    expect(heard).toEqual(['error The server did not open the connection within 8000 ms.', 'close 1006'])
    await gone
    expect(clock.pending()).toBe(0)
  })

  it('[F20] leaves no timer behind when it opened, and none when it failed', async () => {
    const clock = fakeClock()
    const { url } = await listen(stage, echoByOurs())
    await openOurs(stage, url, { clock }).opened
    await openOurs(stage, 'ws://127.0.0.1:1/', { clock }).closed
    expect(clock.pending()).toBe(0)
  })

  it.each([
    ['nobody listens', 'ws://127.0.0.1:1/', {}, /ECONNREFUSED/],
    ['the address is none', 'nonsense', {}, /Invalid URL/],
    ['the address is of another kind', 'http://127.0.0.1:1/', {}, /^error http: is not an address of a WebSocket\.$/],
    ['a header cannot be sent', 'ws://127.0.0.1:1/', { headers: { Authorization: 'a\nb' } }, /Invalid character/],
  ])('[F20] when %s, that comes as an error', async (_name, url, options, why) => {
    const { heard, closed } = openOurs(stage, url, options)
    expect(heard).toEqual([])
    await closed
    expect(heard).toEqual([expect.stringMatching(why), 'close 1006'])
  })

  it('[F20] when the server hangs up instead of answering, that is an error', async () => {
    const { url } = await answering((_head, socket) => socket.end())
    const { heard, closed } = openOurs(stage, url)
    await closed
    expect(heard).toEqual(['error socket hang up', 'close 1006'])
  })

  it('[F20] does not trust a certificate nobody vouches for', async () => {
    const { url } = await listen(stage, echoByOurs(), true)
    const { heard, closed } = openOurs(stage, url)
    await closed
    expect(heard).toEqual([expect.stringMatching(/^error .*self-signed certificate/), 'close 1006'])
  })

  it.each(['close', 'terminate'] as const)('[F17] %s while it opens is 1006, once, and no error', async (how) => {
    const { url, gone } = await answering((head, socket) => {
      asked.resolve()
      setImmediate(() => socket.write(acceptance(head)))
    })
    const asked = deferred<void>()
    const { framed, heard, closed } = openOurs(stage, url)
    await asked.promise
    framed[how]()
    framed[how]()
    expect(heard).toEqual([])
    await closed
    await gone
    expect(heard).toEqual(['close 1006'])
  })

  it('[F20] of a host with several addresses, says what became of each', () => {
    const list = new AggregateError([new Error('connect ECONNREFUSED ::1:1'), new Error('connect ETIMEDOUT')])
    expect(withWords(list).message).toBe('connect ECONNREFUSED ::1:1, connect ETIMEDOUT')
    const plain = new Error('socket hang up')
    expect(withWords(plain)).toBe(plain)
  })
})
