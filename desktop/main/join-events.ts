// A busy tenant tells thousands of events a second, and each message to the page costs. Those of one frame go together.
import type { LinkMessage } from '../../shared/bridge.ts'

const FRAME_MS = 16

/**
 * Joins events that come within one frame; everything else goes out at once, after the events before it.
 * @param send what takes the joined messages, in order
 * @source ours; style.md section 3 (iii)
 */
export function joinEvents(send: (message: LinkMessage) => void): (message: LinkMessage) => void {
  let waiting: Extract<LinkMessage, { type: 'events' }>['events'] = []
  const flush = () => {
    if (waiting.length === 0) return
    const events = waiting
    waiting = []
    send({ type: 'events', events })
  }
  return (message) => {
    if (message.type !== 'events') {
      flush()
      return send(message)
    }
    if (waiting.length === 0) setTimeout(flush, FRAME_MS)
    waiting.push(...message.events)
  }
}
