// The events of one tenant to one console: what was missed first, then live, each once and in order, and no faster than
// it reads. A console that cannot keep up is closed and comes back with its last number; it never delays anyone else.
import type { Duplex } from 'node:stream'
import type { WebSocket } from 'ws'
import { CLOSE_CODES, type EventType, HEARTBEAT_MS, type RelayEvent, type SocketNotice } from '../../shared/events.ts'
import type { Permission } from '../../shared/permissions.ts'
import type { TenantActor } from '../access/actor.ts'
import { textOf } from '../platform/kept-events.ts'
import type { Clock, EventLog } from '../platform/ports.ts'
import { frames, type GatheredWrites } from './gathered-writes.ts'
import { WireQueue } from './wire-queue.ts'

/** Of live events that wait: who is so far behind does better to begin again from the last number. */
const SLOW_BYTES = 4 * 1024 * 1024

/** Who may see which event. Source: ours; reading an event needs what reading its thing needs. */
const NEEDS: Record<EventType, Permission> = {
  'agent.created': 'agents.read',
  'agent.updated': 'agents.read',
  'agent.deleted': 'agents.read',
  'number.updated': 'numbers.read',
  'call.started': 'calls.read',
  'call.updated': 'calls.read',
  'call.ended': 'calls.read',
  'call.transcript': 'calls.read',
  'call.attention': 'calls.read',
  'context.updated': 'calls.read',
  'escalation.raised': 'calls.read',
}

let last: { event: RelayEvent; frame: Buffer } | null = null

/** The event as a frame, made once for all consoles that are told of it: a server's frames are not masked, so it is the same. */
function frameOf(event: RelayEvent): Buffer {
  if (last?.event !== event) last = { event, frame: frames.text(textOf(event)) }
  return last.frame
}

/**
 * @param wire what the socket is on
 * @param last_seq the last number the console has; null for one that begins
 */
export async function serveEvents(
  socket: WebSocket,
  wire: Duplex,
  actor: TenantActor,
  last_seq: number | null,
  { events, writes, clock }: { events: EventLog; writes: GatheredWrites; clock: Clock },
): Promise<void> {
  const { tenant_id } = actor.scope
  const isOpen = (): boolean => socket.readyState === socket.OPEN
  /** The newest number this console was told. */
  let told = last_seq ?? 0
  /** What happens while the console catches up waits here, and then follows. */
  let early: RelayEvent[] | null = []
  let early_bytes = 0
  let isWhole = true
  const notice = (event_type: SocketNotice['event_type']): void =>
    socket.send(JSON.stringify({ event_type, tenant_id, last_seq: told, at: clock.now() }))
  const queue = new WireQueue<RelayEvent | 'socket.reload'>(socket, wire, (next) => {
    if (next === 'socket.reload') return notice(next)
    if (next.seq <= told) return
    told = next.seq
    if (actor.permissions.includes(NEEDS[next.event_type])) writes.write(wire, frameOf(next))
  })
  const tellLive = (event: RelayEvent): void => {
    if (!isOpen()) return
    const bytes = textOf(event).length
    if (early) {
      early.push(event)
      early_bytes += bytes
    } else queue.add(event, bytes)
    if ((early ? early_bytes : queue.waiting_bytes) > SLOW_BYTES) socket.close(CLOSE_CODES.too_slow, 'too slow')
  }

  const unsubscribe = events.subscribe(tenant_id, tellLive, () => {
    isWhole = false
    if (!early) queue.add('socket.reload')
  })
  socket.on('close', unsubscribe)
  const newest = await events.last_seq(tenant_id)
  const missed = last_seq === null ? [] : await events.since(tenant_id, last_seq)
  if (!isOpen()) return
  const isLost = missed === null || !isWhole
  if (last_seq === null || isLost) told = newest
  notice(isLost ? 'socket.reload' : 'socket.ready')
  const heartbeat = setInterval(() => {
    // A close would wait behind what is not read.
    if (queue.isStuck()) return socket.terminate()
    if (!queue.isFull) notice('socket.heartbeat')
  }, HEARTBEAT_MS)
  socket.on('close', () => clearInterval(heartbeat))

  if (!isLost && !(await catchUp(missed))) queue.add('socket.reload')
  const waiting = early
  early = null
  for (const event of waiting) tellLive(event)

  /** Each page is read when the one before it is written. @returns false when some of it is gone */
  async function catchUp(first: RelayEvent[]): Promise<boolean> {
    for (let page: RelayEvent[] | null = first; page; page = await events.since(tenant_id, told)) {
      if (!isWhole) return false
      if (page.length === 0) return true
      for (const event of page) queue.add(event)
      await queue.emptied()
      if (!isOpen()) return true
    }
    return false
  }
}
