// Listening in to one call: its own ticket, its own socket, and why it ended, said once.
import type { ListenMessage, Reply } from './bridge.ts'
import { CLOSE_CODES } from './events.ts'
import { closeWords, parseAudio } from './relay-messages.ts'
import type { SocketLike } from './relay-ports.ts'

export interface ListenPorts {
  takeTicket(): Promise<Reply<{ ticket: string }>>
  /** Null when no socket could be opened. */
  openSocket(ticket: string): SocketLike | null
  /** The relay says that a role was taken away. */
  onRolesChanged(): void
  /** Whatever ended it. */
  onOver(): void
}

export interface Listening {
  /** Ends it without a word. */
  stop(): void
  /** Ends it and says why. */
  fail(reason: string): void
}

/** @source product text, "GET /calls/{call_sid}/listen" */
export function listenIn(ports: ListenPorts, listener: (message: ListenMessage) => void): Listening {
  let socket: SocketLike | null = null
  let is_over = false
  const stop = () => {
    is_over = true
    ports.onOver()
    socket?.close(1000)
  }
  const fail = (reason: string) => {
    if (is_over) return
    stop()
    listener({ type: 'closed', reason })
  }
  void ports.takeTicket().then((ticket) => {
    if (is_over) return
    if (!ticket.ok) return fail(ticket.problem.detail)
    socket = ports.openSocket(ticket.value.ticket)
    if (!socket) return fail('The audio could not be opened.')
    socket.binaryType = 'arraybuffer'
    socket.addEventListener('message', ({ data }) => {
      const message = is_over ? null : parseAudio(data)
      if (message) listener(message)
    })
    socket.addEventListener('close', ({ code, reason }) => {
      if (code === CLOSE_CODES.wrong_tenant && !is_over) ports.onRolesChanged()
      fail(closeWords(code, reason))
    })
    socket.addEventListener('error', () => undefined)
  })
  return { stop, fail }
}
