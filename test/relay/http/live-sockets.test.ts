// Many consoles on the events of a tenant, and people who listen to a call: what each gets, and what slow ones cost.
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import type { TenantActor } from '../../../relay/access/actor.ts'
import { serveEvents } from '../../../relay/http/event-socket.ts'
import { GatheredWrites } from '../../../relay/http/gathered-writes.ts'
import { serveListening } from '../../../relay/http/listen-socket.ts'
import { localEventLog } from '../../../relay/local/local-event-log.ts'
import { localListenLines } from '../../../relay/local/local-listen-lines.ts'
import { systemClock } from '../../../relay/platform/clock.ts'
import { RelayError } from '../../../relay/platform/errors.ts'
import type { EventLog, ListenLines, TapListener } from '../../../relay/platform/ports.ts'
import type { NewEvent, RelayEvent } from '../../../shared/events.ts'
import { CLOSE_CODES } from '../../../shared/events.ts'
import { closeWords } from '../../../shared/relay-messages.ts'
import { until } from '../../support/until.ts'

const TENANT = 'tnt_acme0000'
const SID = `CA${'1'.repeat(32)}`
const actor = {
  scope: { tenant_id: TENANT },
  user: { id: 'us_1', name: 'Dana' },
  permissions: ['calls.read'],
} as unknown as TenantActor

const writes = new GatheredWrites(0)

const opened: { close(): unknown }[] = []
afterEach(() => {
  for (const thing of opened.splice(0).reverse()) thing.close()
})

/** A server whose sockets are served so, and what opens one to it. */
async function serving(serve: (socket: WebSocket, wire: Duplex) => unknown) {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false })
  opened.push({ close: () => server.close() })
  server.on('connection', (socket, { socket: wire }) => serve(socket, wire))
  await once(server, 'listening')
  return async () => {
    const socket = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`)
    opened.push({ close: () => socket.terminate() })
    const messages: Buffer[] = []
    socket.on('message', (data: Buffer) => messages.push(data))
    await once(socket, 'open')
    return { socket, messages }
  }
}
/** Stops reading, as a machine that went to sleep. */
const stopReading = (socket: WebSocket): void => socket.pause()

describe('consoles', () => {
  async function consoles(count: number) {
    const events = localEventLog({ clock: systemClock })
    const open = await serving((socket, wire) =>
      serveEvents(socket, wire, actor, null, { events, writes, clock: systemClock }),
    )
    const all = await Promise.all(Array.from({ length: count }, open))
    await until(() => all.every(({ messages }) => messages.length > 0))
    return { events, all }
  }
  /** An event that counts how often it is written out. */
  function counted(size = 10) {
    const written = { times: 0 }
    const turn = {
      text: 'x'.repeat(size),
      toJSON() {
        written.times++
        return { text: this.text }
      },
    }
    return {
      written,
      event: { event_type: 'call.transcript', tenant_id: TENANT, call_sid: SID, turn } as unknown as NewEvent,
    }
  }

  it('one event to a hundred of them is written out once, and each gets it', async () => {
    const { events, all } = await consoles(100)
    const { written, event } = counted()
    events.append(event)
    await until(() => all.every(({ messages }) => messages.length >= 2))
    expect(written.times).toBe(1)
    for (const { messages } of all)
      expect(JSON.parse(messages[1]!.toString())).toMatchObject({ turn: { text: 'xxxxxxxxxx' } })
  })

  it('one that stops reading is closed with a code, and the others get every event', async () => {
    const { events, all } = await consoles(3)
    const [slow, ...others] = all
    stopReading(slow!.socket)
    const MOST = 400
    const { event } = counted(64 * 1024)
    for (let sent = 0; sent < MOST; sent++) {
      events.append(event)
      await new Promise((resolve) => setImmediate(resolve))
    }
    const closed = once(slow!.socket, 'close')
    slow!.socket.resume()
    expect((await closed)[0]).toBe(CLOSE_CODES.too_slow)
    expect(slow!.messages.length).toBeLessThan(MOST)
    await until(() => others.every(({ messages }) => messages.filter((data) => data.length > 60_000).length === MOST))
  })
})

describe('a console that comes back', () => {
  it('gets all it has missed, however much it is, while it reads', async () => {
    const events = localEventLog({ clock: systemClock })
    const first = await events.last_seq(TENANT)
    const turn = { text: 'x'.repeat(100_000) }
    for (let n = 0; n < 60; n++)
      events.append({ event_type: 'call.transcript', tenant_id: TENANT, call_sid: SID, turn } as unknown as NewEvent)
    const open = await serving((socket, wire) =>
      serveEvents(socket, wire, actor, first, { events, writes, clock: systemClock }),
    )
    const { socket, messages } = await open()
    await until(() => messages.length === 61)
    expect(socket.readyState).toBe(socket.OPEN)
  })
})

describe('a console whose relay missed events', () => {
  /** An event log that a test tells what to say. */
  async function console(last_seq: number) {
    let say!: { event: (seq: number) => void; missed: () => void }
    let answer: ((missed: RelayEvent[] | null) => void) | null = null
    const events = {
      last_seq: async () => 20,
      since: () => new Promise<RelayEvent[] | null>((resolve) => (answer = resolve)),
      subscribe(_tenant_id: string, listener: (event: RelayEvent) => void, missed: () => void) {
        say = { event: (seq) => listener(eventOf(seq)), missed }
        return () => {}
      },
    } as unknown as EventLog
    const open = await serving((socket, wire) =>
      serveEvents(socket, wire, actor, last_seq, { events, writes, clock: systemClock }),
    )
    const { messages } = await open()
    /** The next page of what was missed, when it is asked for. */
    const page = async (missed: number[] | null) => {
      await until(() => answer !== null)
      const give = answer!
      answer = null
      give(missed?.map(eventOf) ?? null)
    }
    await until(() => answer !== null)
    const told = () =>
      messages
        .map((data) => JSON.parse(data.toString()))
        .map(({ event_type, seq, last_seq }) => [event_type, seq ?? last_seq])
    return { say, page, told }
  }
  const eventOf = (seq: number) => ({ event_type: 'call.transcript', tenant_id: TENANT, seq }) as unknown as RelayEvent

  it('is told to reload, and then what follows', async () => {
    const { say, page, told } = await console(9)
    await page([10])
    await page([])
    await until(() => told().length === 2)
    say.missed()
    say.event(30)
    await until(() => told().length === 4)
    expect(told()).toEqual([
      ['socket.ready', 9],
      ['call.transcript', 10],
      ['socket.reload', 10],
      ['call.transcript', 30],
    ])
  })

  it('is told to reload, too, when that happens while it is caught up', async () => {
    const { say, page, told } = await console(9)
    say.missed()
    say.event(30)
    await page([10])
    await until(() => told().length === 2)
    expect(told()).toEqual([
      ['socket.reload', 20],
      ['call.transcript', 30],
    ])
  })

  it.each([
    ['the rest of what it has missed is gone', null],
    ['that happens between two pages of what it has missed', [12]],
  ])('is told to reload, too, when %s', async (_when, second) => {
    const { say, page, told } = await console(9)
    await page([10, 11])
    if (second) say.missed()
    say.event(30)
    await page(second)
    await until(() => told().length === 5)
    expect(told()).toEqual([
      ['socket.ready', 9],
      ['call.transcript', 10],
      ['call.transcript', 11],
      ['socket.reload', 11],
      ['call.transcript', 30],
    ])
  })

  it('is told what happens while it catches up once and in order, also what is on a page by then', async () => {
    const { say, page, told } = await console(9)
    say.event(12)
    await page([10, 11])
    say.event(13)
    await page([12])
    say.event(14)
    await page([13])
    await page([])
    say.event(15)
    await until(() => told().length === 7)
    expect(told().slice(1)).toEqual([10, 11, 12, 13, 14, 15].map((seq) => ['call.transcript', seq]))
  })
})

describe('a listener to a call of another relay that cannot be asked', () => {
  it('is not told that the call is over', async () => {
    const lines = { ...localListenLines(), listen: () => Promise.reject(new RelayError('STORE_UNAVAILABLE')) }
    const open = await serving((socket, wire) => serveListening(socket, wire, SID, actor, { lines, writes }))
    const { socket } = await open()
    const [code, reason] = await once(socket, 'close')
    expect(closeWords(code, String(reason))).toBe('The relays cannot reach each other.')
  })

  it('is told what is known when nobody answers for it any more', async () => {
    const lines: ListenLines = {
      ...localListenLines(),
      async listen(_call, _person, listener) {
        setTimeout(() => listener.onClose('out_of_reach'))
        return () => {}
      },
    }
    const open = await serving((socket, wire) => serveListening(socket, wire, SID, actor, { lines, writes }))
    const { socket } = await open()
    const [code, reason] = await once(socket, 'close')
    expect(closeWords(code, String(reason))).toMatch(/^No relay answers .* Whether it goes on is not known\.$/)
  })
})

describe('a listener that stops reading', () => {
  afterEach(() => void vi.useRealTimers())
  const piece = Buffer.alloc(800, 1)

  async function listening() {
    const lines = localListenLines()
    let ear: TapListener | null = null
    let isLeft = false
    const served: WebSocket[] = []
    lines.serve({ tenant_id: TENANT, call_sid: SID }, (_person, listener) => {
      ear = listener
      return () => {
        isLeft = true
      }
    })
    const open = await serving((socket, wire) => {
      served.push(socket)
      void serveListening(socket, wire, SID, actor, { lines, writes })
    })
    const { socket, messages } = await open()
    await until(() => ear !== null)
    /** So many pieces of 100 ms. */
    const speak = async (count: number) => {
      for (let at = 0; at < count; at++) {
        ear!.onPiece('caller', at * 100, piece)
        if (at % 100 === 0) await new Promise((resolve) => setImmediate(resolve))
      }
    }
    return { socket, messages, served: served[0]!, ear: ear! as TapListener, speak, isLeft: () => isLeft }
  }

  it('loses the oldest pieces, is not closed soon, and holds little of the relay’s memory', async () => {
    const { socket, messages, served, ear, speak } = await listening()
    stopReading(socket)
    const MOST = 20_000
    await speak(MOST)
    expect(served.bufferedAmount).toBeLessThan(16 * 1024)
    socket.resume()
    const last = () => messages.at(-1)!.readUInt32BE(4)
    await until(() => {
      ear.onPiece('caller', MOST * 100, piece)
      return messages.length > 0 && last() === MOST * 100
    })
    expect(messages.length).toBeLessThan(MOST)
    expect(socket.readyState).toBe(WebSocket.OPEN)
    const times = messages.map((data) => data.readUInt32BE(4))
    const gap = times.findLastIndex((at_ms, n) => n > 0 && at_ms > times[n - 1]! + 100)
    // After what lay on the wire, the last second, whole.
    expect(times.slice(gap, gap + 11)).toEqual(Array.from({ length: 11 }, (_, n) => (MOST - 11 + n) * 100))
  })

  it('hears what the agent is about to say, and not what it was about to say before the caller cut in', async () => {
    const { socket, messages, ear, speak } = await listening()
    stopReading(socket)
    await speak(20_000)
    const at = (piece: Buffer) =>
      piece[1] === 1 ? 'flush' : `${piece[0] === 1 ? 'agent' : 'caller'} ${piece.readUInt32BE(4)}`
    ear.onPiece('agent', 1_999_000, Buffer.alloc(40_000, 2))
    ear.onFlush()
    ear.onPiece('agent', 2_000_000, Buffer.alloc(8_000, 3))
    ear.onFlush()
    ear.onPiece('agent', 2_000_500, Buffer.alloc(8_000, 4))
    socket.resume()
    await until(() => messages.length > 0 && at(messages.at(-1)!) === 'agent 2000500')
    expect(messages.slice(-4).map(at)).toEqual(['agent 1999000', 'agent 2000000', 'flush', 'agent 2000500'])
  })

  it('is given what waits before the end of the call', async () => {
    const { socket, messages, ear, speak } = await listening()
    stopReading(socket)
    await speak(20_000)
    ear.onClose()
    const closed = once(socket, 'close')
    socket.resume()
    expect((await closed)[0]).toBe(1000)
    expect(messages.at(-1)!.readUInt32BE(4)).toBe(1_999_900)
  })

  it('is closed after half a minute without a byte taken, and the call has one listener less', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    const { socket, served, speak, isLeft } = await listening()
    stopReading(socket)
    await speak(20_000)
    vi.advanceTimersByTime(30_000)
    expect(served.readyState).toBe(WebSocket.OPEN)
    vi.advanceTimersByTime(5_000)
    expect(served.readyState).toBe(WebSocket.CLOSING)
    const closed = once(socket, 'close')
    socket.resume()
    expect((await closed)[0]).toBe(CLOSE_CODES.too_slow)
    await until(isLeft)
    expect(vi.getTimerCount()).toBe(0)
  })

  it('one who takes a little now and then, and one who has nothing to take, is not', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    const { socket, served, speak } = await listening()
    vi.advanceTimersByTime(120_000)
    for (let times = 0; times < 6; times++) {
      stopReading(socket)
      await speak(10_000)
      vi.advanceTimersByTime(25_000)
      socket.resume()
      await until(() => served.bufferedAmount === 0)
    }
    expect(served.readyState).toBe(WebSocket.OPEN)
  })
})
