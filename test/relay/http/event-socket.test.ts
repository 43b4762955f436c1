// How much of what a console is told lies on its wire, on a wire of which a test says what it takes.
import { EventEmitter } from 'node:events'
import { type Duplex, Writable } from 'node:stream'
import { setImmediate } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { WebSocket } from 'ws'
import type { TenantActor } from '../../../relay/access/actor.ts'
import { serveEvents } from '../../../relay/http/event-socket.ts'
import type { GatheredWrites } from '../../../relay/http/gathered-writes.ts'
import { localEventLog } from '../../../relay/local/local-event-log.ts'
import { systemClock } from '../../../relay/platform/clock.ts'
import type { EventLog } from '../../../relay/platform/ports.ts'
import { CLOSE_CODES, HEARTBEAT_MS, type NewEvent } from '../../../shared/events.ts'
import { until } from '../../support/until.ts'

const TENANT = 'tnt_acme0000'
const actor = { scope: { tenant_id: TENANT }, permissions: ['calls.read'] } as unknown as TenantActor
const event = (bytes: number) =>
  ({
    event_type: 'call.transcript',
    tenant_id: TENANT,
    call_sid: `CA${'1'.repeat(32)}`,
    turn: { text: 'x'.repeat(bytes) },
  }) as unknown as NewEvent

/** Takes what is written when it is told to, and until then holds it. */
class Wire extends Writable {
  #taken = 0
  #onTaken: (() => void) | null = null
  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.#onTaken = () => {
      this.#taken += chunk.length
      done()
    }
  }
  get bytesWritten(): number {
    return this.#taken + this.writableLength
  }
  /** One piece. */
  takeOne(): boolean {
    const onTaken = this.#onTaken
    this.#onTaken = null
    onTaken?.()
    return onTaken !== null
  }
  async takeAll(): Promise<void> {
    while (this.takeOne()) await Promise.resolve()
  }
}

class Socket extends EventEmitter {
  readonly OPEN = 1
  readyState = 1
  readonly notices: string[] = []
  readonly ended: unknown[] = []
  readonly #wire: Wire
  constructor(wire: Wire) {
    super()
    this.#wire = wire
  }
  get bufferedAmount(): number {
    return this.#wire.writableLength
  }
  send(text: string): void {
    this.notices.push(JSON.parse(text).event_type)
  }
  close(code: number): void {
    this.readyState = 2
    this.ended.push(code)
  }
  terminate(): void {
    this.ended.push('terminated')
    this.readyState = 3
    this.emit('close')
  }
}

describe('a console', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] }))
  afterEach(() => void vi.useRealTimers())

  /** @param missed bytes of each event that it has missed */
  async function watching(missed: number[] = []) {
    const log = localEventLog({ clock: systemClock })
    const pages: number[] = []
    const events: EventLog = {
      ...log,
      async since(...asked) {
        const page = await log.since(...asked)
        pages.push(page!.length)
        return page
      },
    }
    const first = await events.last_seq(TENANT)
    for (const bytes of missed) events.append(event(bytes))
    const wire = new Wire()
    const socket = new Socket(wire)
    const written: number[] = []
    const writes = {
      write(to: Wire, frame: Buffer) {
        written.push(frame.length)
        to.write(frame)
      },
    } as unknown as GatheredWrites
    void serveEvents(socket as unknown as WebSocket, wire as unknown as Duplex, actor, first, {
      events,
      writes,
      clock: systemClock,
    })
    await until(() => socket.notices.length > 0)
    const beats = (count: number) => vi.advanceTimersByTime(count * HEARTBEAT_MS)
    return { events, wire, socket, written, pages, beats }
  }

  it('that has missed much is written so much of it at a time, and the rest when that is taken, in later turns', async () => {
    const { wire, socket, written, pages } = await watching(Array(40).fill(100_000))
    await setImmediate()
    expect([written.length, pages]).toEqual([3, [2, 2]])
    for (let portion = 2; written.length < 40; portion++) {
      await wire.takeAll()
      expect(written.length).toBe((portion - 1) * 3)
      await setImmediate()
      await setImmediate()
      expect(written.length).toBe(Math.min(40, portion * 3))
    }
    expect(socket.ended).toEqual([])
  })

  it('gets what happens meanwhile after what it has missed', async () => {
    const { events, wire, written } = await watching([...Array(5).fill(100_000)])
    events.append(event(10))
    for (let turn = 0; turn < 6; turn++) {
      await wire.takeAll()
      await setImmediate()
    }
    expect(written.map((bytes) => bytes > 100_000)).toEqual([true, true, true, true, true, false])
  })

  it('that reads nothing is cut off after some heartbeats, and until then little is written to it', async () => {
    const { events, wire, socket, written, pages, beats } = await watching(Array(40).fill(100_000))
    for (let sent = 0; sent < 30; sent++) events.append(event(100_000))
    beats(4)
    expect([written.length, socket.notices, socket.ended]).toEqual([3, ['socket.ready'], []])
    beats(1)
    expect([written.length, socket.ended, vi.getTimerCount()]).toEqual([3, ['terminated'], 0])
    expect(pages).toEqual([2, 2])
    expect(wire.writableLength).toBeLessThan(400_000)
  })

  it('that leaves even a few bytes unread over two heartbeats is cut off', async () => {
    const { events, socket, beats } = await watching()
    events.append(event(10))
    beats(2)
    expect(socket.ended).toEqual([])
    beats(1)
    expect(socket.ended).toEqual(['terminated'])
  })

  it('that reads slowly is not, while it takes something between two heartbeats', async () => {
    const { wire, socket, beats } = await watching(Array(40).fill(100_000))
    for (let beat = 0; beat < 30; beat++) {
      beats(1)
      wire.takeOne()
      await setImmediate()
    }
    expect(socket.ended).toEqual([])
  })

  it('for which more than four megabytes of live events wait is told that it is too slow', async () => {
    const { events, socket, written } = await watching()
    for (let sent = 0; sent < 60; sent++) events.append(event(100_000))
    expect([written.length, socket.ended]).toEqual([3, [CLOSE_CODES.too_slow]])
  })
})
