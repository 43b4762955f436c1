// Listening in: the two voices of a live call to one supervisor, as binary pieces of about 100 ms. A slow listener
// loses the oldest pieces; the call does not notice. The agent's come before they are heard: the model speaks ahead.
//   byte 0 voice (0 caller, 1 agent) · byte 1 kind (0 audio, 1 drop what is queued of the agent) · 2-3 zero ·
//   4-7 when it is heard, milliseconds on the call's clock, big endian · µ-law
import type { Duplex } from 'node:stream'
import type { WebSocket } from 'ws'
import { CLOSE_CODES } from '../../shared/events.ts'
import type { TenantActor } from '../access/actor.ts'
import { type Heard, HeardQueue } from '../platform/heard-queue.ts'
import type { ListenLines, Voice } from '../platform/ports.ts'
import { frames, type GatheredWrites } from './gathered-writes.ts'
import { TRY_AGAIN_LATER } from './open-sockets.ts'
import { WireWatch } from './wire-queue.ts'

const HEAD_BYTES = 8
/** Half a second of both voices: who has not taken so much is behind, and what comes waits where the oldest can be dropped. */
const BEHIND_BYTES = 8 * 1024
/** One who has taken nothing for half a minute is not listening: what lies on the wire would be held for the whole call. */
const LOOK_EVERY_MS = 5_000
const LOOKS_WITHOUT = 6
/** Its relay died, or only cannot be reached. */
const OUT_OF_REACH = 'No relay answers for this call any more. Whether it goes on is not known.'
const VOICE_BYTE: Record<Voice, number> = { caller: 0, agent: 1 }

/** @param wire what the socket is on */
export async function serveListening(
  socket: WebSocket,
  wire: Duplex,
  call_sid: string,
  { scope, user }: TenantActor,
  { lines, writes }: { lines: ListenLines; writes: GatheredWrites },
): Promise<void> {
  const call = { tenant_id: scope.tenant_id, call_sid }
  const waiting = new HeardQueue()
  let lying_bytes = 0
  const send = (bytes: Buffer): void => {
    if (socket.readyState !== socket.OPEN) return
    lying_bytes += bytes.length
    writes.write(wire, frames.binary(bytes), () => {
      lying_bytes -= bytes.length
      goOn()
    })
  }
  function goOn(): void {
    while (lying_bytes <= BEHIND_BYTES) {
      const next = waiting.take()
      if (next === undefined) return
      send(bytesOf(next))
    }
  }
  const add = (heard: Heard): void => {
    waiting.add(heard)
    goOn()
  }
  const stop = await lines
    .listen(call, user, {
      onPiece: (voice, at_ms, mulaw) => add({ voice, at_ms, mulaw }),
      onFlush: () => add('flush'),
      onClose: (how) => {
        for (const heard of waiting.takeAll()) send(bytesOf(heard))
        if (how === 'out_of_reach') socket.close(TRY_AGAIN_LATER, OUT_OF_REACH)
        else socket.close(1000, 'the call ended')
      },
    })
    .catch(() => 'not known' as const)
  if (stop === 'not known') return socket.close(TRY_AGAIN_LATER, 'The relays cannot reach each other.')
  if (!stop) return socket.close(CLOSE_CODES.call_over, 'no such live call')
  // It may have gone while the call was looked for.
  if (socket.readyState !== socket.OPEN) return stop()
  const watch = new WireWatch(socket, wire)
  const looking = setInterval(() => {
    if (watch.look().looks_without >= LOOKS_WITHOUT) socket.close(CLOSE_CODES.too_slow, 'too slow')
  }, LOOK_EVERY_MS)
  socket.on('close', () => {
    clearInterval(looking)
    stop()
  })
}

const bytesOf = (heard: Heard): Buffer =>
  heard === 'flush' ? piece(1, 1, 0, Buffer.alloc(0)) : piece(VOICE_BYTE[heard.voice], 0, heard.at_ms, heard.mulaw)

function piece(voice: number, kind: number, at_ms: number, mulaw: Buffer): Buffer {
  const head = Buffer.alloc(HEAD_BYTES)
  head[0] = voice
  head[1] = kind
  head.writeUInt32BE(Math.max(0, at_ms), 4)
  return Buffer.concat([head, mulaw])
}
