// The program of a call worker, read from top to bottom: live calls, and a link to the front for all else. A file of its
// own, so that a worker loads neither store nor HTTP.
import type { Socket } from 'node:net'
import { PRICES } from './calls/prices.ts'
import { WIRES } from './framing/wire.ts'
import { ProcessMeter } from './http/metrics-process.ts'
import { AudioMeters } from './live/audio-meters.ts'
import { LiveCalls } from './live/live-calls.ts'
import { watchLoop } from './live/loop-pressure.ts'
import { openaiRealtime } from './openai/realtime-session.ts'
import { realtimeVoices } from './openai/voices.ts'
import { systemClock } from './platform/clock.ts'
import { messageOf } from './platform/errors.ts'
import { mediaDoor } from './twilio/media-door.ts'
import type { MediaMessage, WorkerSettings } from './workers/link-methods.ts'
import { parentChannel, workerPorts } from './workers/worker-ports.ts'

const LOAD_EVERY_MS = 1_000

export function composeWorker(settings: WorkerSettings): void {
  const wire = WIRES[settings.framing]
  const { link, ports } = workerPorts(parentChannel(), {
    open: (setup) => live.open(setup),
    carrierEnded: (call_sid, status) => void live.carrierEnded(call_sid, status),
    carrierAsks: (call_sid, is_over) => live.carrierAsks(call_sid, is_over),
    streamFailed: (call_sid, error) => void live.streamFailed(call_sid, error),
    endAll: (by, say) => live.endAll(by, say),
    close() {
      live.close()
      door.close()
      clearInterval(loads)
      meter.close()
      pressure.close()
      link.flush()
      // What was told last leaves before the channel does.
      setTimeout(() => process.disconnect?.(), 50)
    },
  })
  const meter = new ProcessMeter()
  const pressure = watchLoop(() => tellLoad())
  const live = new LiveCalls({
    ...ports,
    // Before the front hears that a call is over it knows that the carrier has still to ask: a relay that stops waits.
    bus: {
      serve(call, handler) {
        const stop = ports.bus.serve(call, handler)
        return () => {
          tellLoad()
          stop()
        }
      },
    },
    openRealtimeSession: openaiRealtime(settings.realtime, wire),
    realtimeVoices,
    prices: PRICES,
    pressure,
    meters: new AudioMeters(),
    clock: systemClock,
  })
  const door = mediaDoor({
    wire,
    claimStream: (...start) => live.claimStream(...start),
    pressure,
    log: ports.log,
  })
  const tellLoad = (): void =>
    link.tell('load', {
      unasked: live.unasked,
      usage: meter.usage(),
      bridge: { ...live.totals, letters_dropped: link.dropped },
    })
  const loads = setInterval(tellLoad, LOAD_EVERY_MS)

  process.on('message', (message: unknown, socket?: unknown) => {
    if (Array.isArray(message)) return link.receive(message)
    const { request, head } = (message as MediaMessage).media
    // The carrier may have gone while its socket was on the way.
    if (socket) door.take(request, socket as Socket, Buffer.from(head))
  })
  // Without a front no fact can be laid down: the carrier asks the next one how to go on with its calls.
  process.on('disconnect', () => process.exit(0))
  process.on('unhandledRejection', (error) =>
    ports.log.error('A promise failed and nobody took care of it', { error: messageOf(error) }),
  )
  link.tell('ready')
}
