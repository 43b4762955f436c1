// The ports of live calls inside a worker: each one asks the front over the link.

import type { CallAnswer, CallCommand, LiveCallsDeps } from '../live/live-calls.ts'
import { messageOf, RelayError } from '../platform/errors.ts'
import { pieceOf } from '../platform/heard-piece.ts'
import { type Heard, HeardQueue } from '../platform/heard-queue.ts'
import type { Logger } from '../platform/logger.ts'
import type { TapListener } from '../platform/ports.ts'
import { packPieces } from './heard-pieces.ts'
import { type Channel, Link } from './link.ts'
import type { FrontMethods, WorkerMethods } from './link-methods.ts'

type FromFront = Pick<
  LiveCallsDeps,
  | 'spool'
  | 'events'
  | 'bus'
  | 'directory'
  | 'lines'
  | 'leases'
  | 'telephony'
  | 'keepFarewell'
  | 'takeStreamTicket'
  | 'fetchCall'
  | 'announceContext'
  | 'log'
>
type Open = Parameters<LiveCallsDeps['lines']['serve']>[1]

/** No more than fifty messages a second to the front, which pays for each: beyond that, what is said shares the next one. */
const GATHER_MS = 20
/** Of a piece of 100 ms; a listener does not hear it. */
const PIECES_EVERY_MS = 40

export interface WorkerPorts {
  link: Link<FrontMethods, WorkerMethods>
  ports: FromFront
}

/** @param calls what the front may ask of the calls themselves */
export function workerPorts(
  channel: Channel,
  calls: Omit<WorkerMethods, 'command' | 'listen' | 'unlisten'>,
): WorkerPorts {
  const handlers = new Map<string, (command: CallCommand) => Promise<CallAnswer>>()
  const opens = new Map<string, Open>()
  const stops = new Map<number, () => void>()

  const ours: WorkerMethods = {
    ...calls,
    async command(call_sid, command) {
      const handler = handlers.get(call_sid)
      // It has ended since the front asked.
      if (!handler) throw new RelayError('CALL_NOT_LIVE')
      return handler(command)
    },
    listen(listener_id, call_sid, person) {
      const open = opens.get(call_sid)
      if (!open) return link.tell('heardOut', listener_id)
      stops.set(listener_id, open(person, listenerTo(listener_id)))
    },
    unlisten(listener_id) {
      stops.get(listener_id)?.()
      stops.delete(listener_id)
      waiting.delete(listener_id)
    },
  }
  const link: WorkerPorts['link'] = new Link<FrontMethods, WorkerMethods>(channel, ours, GATHER_MS)

  /**
   * What all listeners hear goes as one letter: a letter for each piece cost more than the sound. While the front cannot
   * keep up, it waits here, the newest of it.
   */
  const waiting = new Map<number, HeardQueue>()
  let sending: NodeJS.Timeout | null = null
  function sendPieces(): void {
    if (sending) clearTimeout(sending)
    sending = null
    if (waiting.size === 0) return
    if (!link.isQuick) return sendSoon()
    const pieces = [...waiting].flatMap(([listener_id, queue]) =>
      queue.takeAll().map((heard) => ({ listener_id, piece: packed(heard) })),
    )
    waiting.clear()
    link.tell('pieces', packPieces(pieces))
  }
  const sendSoon = (): void => {
    sending ??= setTimeout(sendPieces, PIECES_EVERY_MS)
  }
  function add(listener_id: number, heard: Heard): void {
    const queue = waiting.get(listener_id) ?? new HeardQueue()
    waiting.set(listener_id, queue)
    queue.add(heard)
    sendSoon()
  }
  const listenerTo = (listener_id: number): TapListener => ({
    onPiece: (voice, at_ms, mulaw) => add(listener_id, { voice, at_ms, mulaw }),
    onFlush: () => {
      add(listener_id, 'flush')
      sendPieces()
    },
    onClose: () => {
      sendPieces()
      waiting.delete(listener_id)
      stops.delete(listener_id)
      link.tell('heardOut', listener_id)
    },
  })
  const write =
    (level: 'debug' | 'info' | 'warn' | 'error'): Logger['info'] =>
    (message, fields = {}) =>
      link.tellIfQuick('log', level, message, fields)

  return {
    link,
    ports: {
      spool: { append: (record) => link.ask('layFact', record) },
      events: {
        append: (event) => link.tell('append', event),
        announce: (event) => link.tellIfQuick('announce', event),
      },
      bus: {
        serve(call, handler) {
          handlers.set(call.call_sid, handler)
          link.tell('serve', { tenant_id: call.tenant_id, call_sid: call.call_sid })
          return () => {
            handlers.delete(call.call_sid)
            link.tell('unserve', { tenant_id: call.tenant_id, call_sid: call.call_sid })
          }
        },
      },
      directory: {
        put: ({ tenant_id, call_sid }, summary) => link.tellIfQuick('list', { tenant_id, call_sid }, summary),
        remove: ({ tenant_id, call_sid }) => link.tell('unlist', { tenant_id, call_sid }),
      },
      lines: {
        serve(call, open) {
          opens.set(call.call_sid, open)
          return () => void opens.delete(call.call_sid)
        },
      },
      leases: {
        release: async (tenant_id, call_sid) => link.tell('releaseLease', { tenant_id, call_sid }),
        async renew(tenant_id, call_sid, ttl_seconds) {
          link.tell('renewLease', { tenant_id, call_sid }, ttl_seconds)
          return true
        },
      },
      telephony: { hangUp: (call_sid) => link.ask('hangUp', call_sid) },
      keepFarewell: (call_sid, say) => link.tell('keepFarewell', call_sid, say),
      takeStreamTicket: (token) => link.ask('takeStreamTicket', token),
      fetchCall: ({ tenant_id, call_sid }) => link.ask('fetchCall', { tenant_id, call_sid }),
      announceContext: (call, version) => link.tell('announceContext', call, version),
      log: { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') },
    },
  }
}

const packed = (heard: Heard): Buffer =>
  heard === 'flush' ? pieceOf('flush') : pieceOf(heard.voice, heard.at_ms, heard.mulaw)

/** The channel of this process to the one that started it. */
export function parentChannel(): Channel {
  return {
    send: (message, done) => {
      if (process.send && process.connected) process.send(message, undefined, {}, done)
      else done(new Error(messageOf('The front is gone.')))
    },
  }
}
