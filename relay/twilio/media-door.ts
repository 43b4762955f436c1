// The carrier's sockets become media streams here, in the process that carries the call. Walk (i) begins behind it.
import type { IncomingMessage } from 'node:http'
import { WebSocketServer } from 'ws'
import type { TakeMedia } from '../live/call-floor.ts'
import type { MediaStream, MediaStreamListener } from '../live/live-ports.ts'
import type { Logger } from '../platform/logger.ts'
import { serveMediaStream } from './media-stream.ts'

/** One message of the carrier's is a few hundred bytes. */
const MAX_MESSAGE_BYTES = 64 * 1024

export interface MediaDoorDeps {
  claimStream: (
    token: string,
    call_sid: string,
  ) => Promise<(MediaStreamListener & { attach(stream: MediaStream): void }) | null>
  log: Logger
}

export function mediaDoor({ claimStream, log }: MediaDoorDeps): { take: TakeMedia; close(): void } {
  const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false, maxPayload: MAX_MESSAGE_BYTES })
  const admit = async (start: { token: string; call_sid: string }) => {
    const call = await claimStream(start.token, start.call_sid)
    if (call === null) return null
    return (stream: MediaStream) => {
      call.attach(stream)
      return call
    }
  }
  return {
    take: (request, socket, head) =>
      // Of the request it reads what an upgrade request has wherever it came in.
      sockets.handleUpgrade(request as IncomingMessage, socket, head, (ws) =>
        serveMediaStream(ws, admit, (why) => log.warn('A media stream was closed', { why })),
      ),
    close() {
      for (const socket of sockets.clients) socket.close(1001, 'the relay is stopping')
      sockets.close()
    },
  }
}
