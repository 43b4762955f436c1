// The carrier's sockets become media streams here, in the process that carries the call. Walk (i) begins behind it.
import type { Framed } from '../framing/framed.ts'
import type { Wire } from '../framing/wire.ts'
import type { MediaStream, MediaStreamListener } from '../live/live-ports.ts'
import type { LoopPressure } from '../live/loop-pressure.ts'
import type { Logger } from '../platform/logger.ts'
import type { TakeMedia, UpgradeRequest } from '../platform/ports.ts'
import { type StartMessage, serveMediaStream } from './media-stream.ts'

/**
 * One message of the carrier's is a few hundred bytes. What is not UTF-8 in it, JSON parsing finds. It sends 50 frames of
 * sound a second and gives back the marks: after 16 s in which the network or this process stood still 800 frames and at a
 * `clear` all marks (at most 4,000, playback.ts) come at once.
 */
const READING = { max_message_bytes: 64 * 1024, checks_utf8: false, rate: { burst: 6_000, per_second: 500 } }

export interface MediaDoorDeps {
  wire: Wire
  claimStream: (
    token: string,
    call_sid: string,
    account_sid: string,
  ) => Promise<(MediaStreamListener & { attach(stream: MediaStream): void }) | null>
  pressure: Pick<LoopPressure, 'isOverloaded' | 'looked_ms'>
  log: Logger
}

export function mediaDoor({ wire, claimStream, pressure, log }: MediaDoorDeps): { take: TakeMedia; close(): void } {
  const open = new Set<Framed>()
  const admit = async (request: UpgradeRequest, start: StartMessage) => {
    if (callOf(request) !== start.call_sid) return null
    const call = await claimStream(start.token, start.call_sid, start.account_sid)
    if (call === null) return null
    return (stream: MediaStream) => {
      call.attach(stream)
      return call
    }
  }
  return {
    take: (request, socket, head) =>
      serveMediaStream(
        (listener) => {
          const framed = wire.accept(
            request,
            socket,
            head,
            {
              ...listener,
              onClose: (code, reason) => {
                if (framed) open.delete(framed)
                listener.onClose(code, reason)
              },
            },
            READING,
          )
          if (framed) open.add(framed)
          return framed
        },
        (start) => admit(request, start),
        pressure,
        (why) => log.warn('A media stream was closed or broke', { call_sid: callOf(request), why }),
      ),
    close() {
      for (const framed of open) framed.close(1001, 'the relay is stopping')
    },
  }
}

/** The call stands in the path, too, which the carrier has signed. */
const callOf = ({ url = '' }: UpgradeRequest): string => url.replace(/\?.*/, '').split('/').at(-1)!
