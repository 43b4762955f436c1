// The rules of an open connection, on a socket by hand and a clock that stands still.
import { describe, expect, it, vi } from 'vitest'
import type { FrameRate } from '../../../relay/framing/frame-count.ts'
import { FrameRefusal, type Role } from '../../../relay/framing/frame-rules.ts'
import { HotFrame } from '../../../relay/framing/frame-writer.ts'
import type { FramedListener } from '../../../relay/framing/framed.ts'
import { FramedSocket } from '../../../relay/framing/framed-socket.ts'
import { fakeClock } from '../../support/fake-clock.ts'
import { closePayload, frameBytes, MASK } from './frame-bytes.ts'
import { silent } from './loopback.ts'
import { type Reading, readByWs } from './readings.ts'
import { ScriptedSocket, turn } from './scripted-socket.ts'

const LIMITS = { max_message_bytes: 100_000, max_fragments: 100, checks_utf8: true }

function connect(
  listener: Partial<FramedListener> = {},
  {
    role = 'server' as Role,
    head = Buffer.alloc(0) as Buffer,
    ...options
  }: { role?: Role; head?: Buffer; rate?: FrameRate } = {},
) {
  const socket = new ScriptedSocket()
  const clock = fakeClock()
  const heard: string[] = []
  const framed = new FramedSocket(
    socket,
    head,
    role,
    {
      onText: (payload) => heard.push(`text ${payload}`),
      onBinary: (payload) => heard.push(`binary ${payload.toString('hex')}`),
      onPong: (payload) => heard.push(`pong ${payload}`),
      onError: (error) => heard.push(`error ${error instanceof FrameRefusal ? error.rule : error.message}`),
      onClose: (code, reason) => heard.push(`close ${code} ${reason}`.trim()),
      ...listener,
    },
    { ...LIMITS, clock, ...options },
  )
  const mask = role === 'server' ? MASK : null
  const they = (opcode: number, payload: Uint8Array | string = '') => frameBytes({ opcode, payload, mask })
  const read = (bytes: Buffer): string[] =>
    readByWs([Buffer.from(bytes)], role === 'server' ? 'client' : 'server', LIMITS).map(inWords)
  return { socket, framed, clock, heard, they, read, said: () => read(socket.written) }
}

const inWords = ({ kind, code, bytes }: Reading): string => [kind, code || '', bytes].filter(String).join(' ').trim()

it('takes a socket without gathering of packets and without an idle limit', () => {
  const calls: unknown[] = []
  const socket = Object.assign(new ScriptedSocket(), {
    setNoDelay: () => calls.push('no delay'),
    setTimeout: (ms: number) => calls.push(ms),
  })
  new FramedSocket(socket, Buffer.alloc(0), 'server', silent, LIMITS)
  expect(calls).toEqual(['no delay', 0])
})

describe('sending', () => {
  const hot = new HotFrame('{"audio":"', '"}')

  it.each(['server', 'client'] as const)('a %s says text, bytes, hot messages and pings', async (role) => {
    const { framed, said } = connect({}, { role })
    framed.sendText('hello')
    framed.sendText(Buffer.from('é'))
    framed.sendBinary(Buffer.from('raw'))
    framed.sendHot(hot, 'AAAA')
    framed.ping()
    await turn()
    expect(said()).toEqual(['text hello', 'text é', 'binary raw', 'text {"audio":"AAAA"}', 'ping'])
  })

  /** More than one frame of sound is long. */
  const LONG = 'A'.repeat(700)

  it('[F14] what is sent while one long chunk is read leaves in one write', async () => {
    const { socket, framed, they, read } = connect({ onText: ({ length }) => framed.sendText(`re: ${length}`) })
    socket.give(they(1, LONG), they(9, 'two'), they(1, 'three'))
    await turn()
    expect(socket.writes.map(read)).toEqual([['text re: 700', 'pong two', 'text re: 5']])
  })

  it('[F14] what is sent to another connection while one is read leaves in one write too', async () => {
    const out = connect()
    const { socket, they } = connect({ onText: (payload) => out.framed.sendHot(hot, String(payload)) })
    socket.give(they(1, LONG), they(1, 'BBBB'))
    await turn()
    expect(out.socket.writes.length).toBe(1)
    expect(out.said()).toEqual([`text {"audio":"${LONG}"}`, 'text {"audio":"BBBB"}'])
  })

  it('[F14] what is sent because of a short read, or of none, leaves at once', async () => {
    const { socket, framed, they, read } = connect({ onText: (payload) => framed.sendText(`re: ${payload}`) })
    framed.sendText('a')
    framed.sendText('b')
    expect(socket.writes.map(read)).toEqual([['text a'], ['text b']])
    socket.give(they(1, 'one'))
    await turn()
    expect(socket.writes.map(read)).toEqual([['text a'], ['text b'], ['text re: one']])
  })

  it('[F14] what a listener sent before it failed has left, and later reads hold nothing back', async () => {
    const out = connect()
    const failing = connect({
      onText: () => {
        out.framed.sendText('said')
        throw new Error('broken')
      },
    })
    expect(() => failing.socket.emit('data', failing.they(1, LONG))).toThrow('broken')
    expect(out.said()).toEqual(['text said'])
    out.framed.sendText('later')
    expect(out.said()).toEqual(['text said', 'text later'])
  })

  it('shows what the other side has not taken, until it has', async () => {
    const { socket, framed } = connect()
    socket.stall()
    framed.sendText('a'.repeat(500))
    await turn()
    framed.sendText('b'.repeat(500))
    await turn()
    expect(framed.bufferedBytes).toBe(2 * 504)
    socket.goOn()
    await turn()
    expect(framed.bufferedBytes).toBe(0)
  })
})

describe('reading', () => {
  it('hears what came with the upgrade first, and not before it was built', async () => {
    const first = frameBytes({ opcode: 1, payload: 'with the upgrade', mask: MASK })
    const { socket, heard, they } = connect({}, { head: first })
    expect(heard).toEqual([])
    socket.give(they(2, 'raw'), they(10, 'later'))
    await turn()
    expect(heard).toEqual(['text with the upgrade', 'binary 726177', 'pong later'])
  })

  it('[F15] answers pings in order with their own payload', async () => {
    const { socket, they, said } = connect({}, { role: 'client' })
    socket.give(they(9), they(9, 'a'), they(9, 'b'.repeat(125)))
    await turn()
    expect(said()).toEqual(['pong', 'pong a', `pong ${'b'.repeat(125)}`])
  })

  it('[F15] keeps only the newest ping of someone who does not read', async () => {
    const { socket, framed, they, said } = connect()
    socket.stall()
    framed.sendText('a'.repeat(2_000))
    await turn()
    for (let i = 0; i < 1_000; i++) socket.give(they(9, `ping ${i}`))
    await turn()
    expect(framed.bufferedBytes).toBeLessThan(2_100)
    socket.goOn()
    await turn()
    expect(said().slice(1)).toEqual(['pong ping 999'])
  })

  it('[F18] a listener that throws ends its connection, and the exception passes', () => {
    const { socket, framed, they } = connect({
      onText: () => {
        throw new Error('of the listener')
      },
    })
    const chunk = Buffer.concat([they(1, 'a'), they(1, 'b')])
    expect(() => socket.emit('data', chunk)).toThrow('of the listener')
    expect(framed.isOpen).toBe(false)
    expect(socket.destroyed).toBe(true)
  })
})

describe('closing', () => {
  it('[F16] they close: they hear the same code and reason, and the connection ends', async () => {
    const { socket, framed, heard, they, said, clock } = connect()
    socket.give(they(8, closePayload(4001, 'bye')), they(1, 'too late'))
    await turn()
    expect(said()).toEqual(['close 4001 bye'])
    expect(socket.written.length).toBe(2 + 2 + 3)
    expect([socket.isEnded, framed.isOpen, heard]).toEqual([true, false, []])
    socket.giveEnd()
    await turn()
    expect(heard).toEqual(['close 4001 bye'])
    expect(clock.pending()).toBe(0)
  })

  it('[F16] they close without a code: so do we', async () => {
    const { socket, heard, they, said } = connect()
    socket.give(they(8))
    socket.giveEnd()
    await turn()
    expect([said(), heard]).toEqual([['close 1005'], ['close 1005']])
  })

  it('[F16] we close: what they still say is heard until they close too', async () => {
    const { socket, framed, heard, they, said, clock } = connect()
    framed.sendText('last words')
    framed.close(1008, 'no token')
    framed.sendText('too late')
    await turn()
    expect(said()).toEqual(['text last words', 'close 1008 no token'])
    expect([framed.isOpen, socket.isEnded]).toEqual([false, false])
    const sent = socket.written.length
    socket.give(they(1, 'theirs'), they(9, 'unanswered'), they(8, closePayload(1008)))
    await turn()
    expect([socket.isEnded, socket.written.length]).toEqual([true, sent])
    socket.giveEnd()
    await turn()
    expect(heard).toEqual(['text theirs', 'close 1008'])
    expect(clock.pending()).toBe(0)
  })

  it('[F16] we close and they say nothing: after five seconds the socket is destroyed', async () => {
    const { socket, framed, heard, clock } = connect()
    framed.close(1000)
    clock.advance(4_999)
    expect(socket.destroyed).toBe(false)
    clock.advance(1)
    expect(socket.destroyed).toBe(true)
    await turn()
    expect(heard).toEqual(['close 1006'])
  })

  it('[F16] they close and never end: after five seconds the socket is destroyed, with their code', async () => {
    const { socket, heard, they, clock } = connect()
    socket.give(they(8, closePayload(1001)))
    await turn()
    clock.advance(5_000)
    await turn()
    expect([socket.destroyed, heard]).toEqual([true, ['close 1001']])
  })

  it('[F16] they end without a word: we end, and it was 1006', async () => {
    const { socket, framed, heard, clock } = connect()
    framed.sendText('on its way')
    socket.giveEnd()
    await turn()
    expect([socket.isEnded, framed.isOpen, heard]).toEqual([true, false, ['close 1006']])
    expect(clock.pending()).toBe(0)
  })

  it('[F16] they end without a word and take nothing: after five seconds the socket is destroyed', async () => {
    const { socket, framed, heard, clock } = connect()
    socket.stall()
    framed.sendText('never taken')
    await turn()
    socket.giveEnd()
    await turn()
    expect([socket.destroyed, heard]).toEqual([false, []])
    clock.advance(5_000)
    await turn()
    expect([socket.destroyed, heard]).toEqual([true, ['close 1006']])
  })

  it('a refusal tells them the code, us the rule, and ends; terminating in the callback loses nothing', async () => {
    const { socket, framed, heard, they, said } = connect({
      onError: (error) => {
        heard.push((error as FrameRefusal).rule)
        framed.terminate()
      },
    })
    socket.give(they(1, Buffer.from([0xc0, 0xaf])), they(1, 'too late'))
    await turn()
    expect(said()).toEqual(['close 1007'])
    expect([socket.destroyed, heard]).toEqual([true, ['not_utf8', 'close 1006']])
  })

  it('a refusal after our own close is no second close', async () => {
    const { socket, framed, they, heard } = connect()
    framed.close(1000)
    socket.give(they(3))
    await turn()
    expect(socket.written.toString('hex')).toBe('880203e8')
    expect([socket.isEnded, heard]).toEqual([true, ['error unknown_opcode']])
  })

  it('a connection that breaks is an error, and then 1006', async () => {
    const { socket, framed, heard } = connect()
    socket.destroy(new Error('read ECONNRESET'))
    await turn()
    expect([framed.isOpen, heard]).toEqual([false, ['error read ECONNRESET', 'close 1006']])
  })

  it('a connection that breaks while it is closing is none', async () => {
    const { socket, framed, heard } = connect()
    framed.close()
    socket.destroy(new Error('write EPIPE'))
    await turn()
    expect(heard).toEqual(['close 1006'])
  })

  it('terminating in the middle of a chunk is the end of it', async () => {
    const { socket, framed, heard, they } = connect({ onText: () => framed.terminate() })
    socket.give(they(1, 'a'), they(2, 'b'), they(9, 'c'))
    await turn()
    expect([socket.written.length, heard]).toEqual([0, ['close 1006']])
  })

  it('[F17] after the end nothing is sent, called or thrown', async () => {
    const { socket, framed, heard, they } = connect()
    framed.terminate()
    await turn()
    const use = () => {
      framed.sendText('a')
      framed.sendBinary(Buffer.from('a'))
      framed.sendHot(new HotFrame('', ''), 'a')
      framed.ping()
      framed.close(1)
      framed.terminate()
      socket.emit('data', they(1, 'late'))
      socket.emit('error', new Error('late'))
    }
    expect(use).not.toThrow()
    await turn()
    expect([socket.written.length, heard]).toEqual([0, ['close 1006']])
  })

  it('an open connection refuses a code that may not be sent, and stays open', () => {
    const { framed } = connect()
    expect(() => framed.close(1006)).toThrow(RangeError)
    expect(framed.isOpen).toBe(true)
  })

  it('leaves no listener on the socket but the one for errors', async () => {
    const fresh = new ScriptedSocket()
    const { socket, framed } = connect()
    framed.terminate()
    await turn()
    const left = (of: ScriptedSocket) => of.eventNames().map((name) => [name, of.listenerCount(name)])
    expect(left(socket)).toEqual([...left(fresh), ['error', 1]])
  })
})

describe('how much may come', () => {
  const RATE = { burst: 2_000, per_second: 100 }
  /** It is looked at after so many. */
  const LOOK = 256

  it.each(['server', 'client'] as const)(
    '[F21] what piled up for a while comes at once to a %s, and again after as long',
    async (role) => {
      const { socket, framed, clock, heard, they } = connect({}, { role, rate: RATE })
      for (let times = 0; times < 3; times++) {
        socket.give(...Array.from({ length: RATE.burst }, () => they(1, 'a')))
        await turn()
        expect([framed.isOpen, heard.length]).toEqual([true, (times + 1) * RATE.burst])
        clock.advance((RATE.burst / RATE.per_second) * 1_000)
      }
    },
  )

  it.each([
    ['messages', [{ opcode: 1 }]],
    ['pings', [{ opcode: 9 }]],
    ['pongs', [{ opcode: 10 }]],
    ['fragments', [{ opcode: 1, fin: false }, ...Array(8).fill({ opcode: 0, fin: false }), { opcode: 0 }]],
  ])('[F21] %s beyond that end the connection with 1008, and nothing more is heard', async (_what, frames) => {
    const { socket, framed, heard, said } = connect({}, { rate: RATE })
    const all = Buffer.concat(frames.map((frame) => frameBytes({ ...frame, mask: MASK })))
    for (let sent = 0; sent <= RATE.burst + LOOK; sent += frames.length) socket.give(all)
    socket.give(all)
    await turn()
    expect([framed.isOpen, socket.isEnded, heard.at(-1)]).toEqual([false, true, 'error too_many_frames'])
    expect(heard.length).toBeLessThanOrEqual(RATE.burst + LOOK)
    expect(said().at(-1)).toBe('close 1008')
  })

  it('[F21] the sound of a call goes on for ever, and the clock is read a little more than once in five seconds', async () => {
    const { socket, framed, clock, they } = connect({}, { rate: { burst: 300, per_second: 60 } })
    const read = vi.spyOn(clock, 'monotonic_ms')
    for (let frame = 0; frame < 50 * 60; frame++) {
      socket.give(they(1, 'a'))
      await turn()
      clock.advance(20)
    }
    expect(framed.isOpen).toBe(true)
    expect(read.mock.calls.length).toBeLessThanOrEqual(12)
  })
})
