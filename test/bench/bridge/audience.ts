// Consoles and listeners, many sockets in a process of its own: they read everything and look at nothing, or stop
// reading. Started by listening.ts.
import { WebSocket } from 'ws'

export interface AudienceOrder {
  urls: string[]
  token: string
  /** False: reads its first message, and nothing after it. */
  reads: boolean
}
export interface AudienceReport {
  /** Sockets that were let in. */
  open: number
}

const report: AudienceReport = { open: 0 }

function join(url: string, { token, reads }: AudienceOrder): void {
  const socket = new WebSocket(url, {
    headers: { authorization: `Bearer ${token}` },
    perMessageDeflate: false,
    skipUTF8Validation: true,
  })
  socket.on('open', () => report.open++)
  socket.on('message', () => {
    if (!reads) socket.pause()
  })
  socket.on('error', () => socket.terminate())
}

process.on('disconnect', () => process.exit())
process.on('message', (order: AudienceOrder | 'report') => {
  if (order === 'report') return void process.send?.(report)
  for (const url of order.urls) join(url, order)
})
