// The way to the relay from the main process: the shared client, with Node's fetch, the sockets of `ws` and this
// computer's keyring. The page never sees a token.
import { WebSocket } from 'ws'
import type { FetchLike, RelayClient, RelayClientPorts } from '../../shared/relay-client.ts'
import { createRelayClient } from '../../shared/relay-client.ts'
import { CONSOLE_ORIGIN } from './console-protocol.ts'

/** A request that got no answer for so long gets none: the network went away beneath it. */
const REQUEST_MOST_MS = 20_000
const HANDSHAKE_MOST_MS = 10_000

export interface Relay {
  readonly client: RelayClient
  /** Before sleep: what the sockets would miss is not waited for. */
  disconnect(): void
  /** After sleep: sockets that look open may be dead, so all begin anew. */
  reconnect(): void
}

/** @source shared/relay-client.ts */
export function openRelay(ports: Pick<RelayClientPorts, 'base_url' | 'secrets' | 'onMessage'>): Relay {
  const sockets = new Set<WebSocket>()
  const disconnect = () => {
    for (const socket of sockets) socket.terminate()
  }
  const client = createRelayClient({
    ...ports,
    fetch: fetchWithLimit,
    openSocket(url, protocols) {
      const socket = new WebSocket(url, protocols, {
        origin: CONSOLE_ORIGIN,
        handshakeTimeout: HANDSHAKE_MOST_MS,
        perMessageDeflate: false,
      })
      sockets.add(socket)
      socket.on('close', () => sockets.delete(socket))
      return socket
    },
    now: () => Date.now(),
    setTimeout: (run, ms) => setTimeout(run, ms),
    clearTimeout: (timer) => clearTimeout(timer as NodeJS.Timeout),
    random: () => Math.random(),
  })
  return {
    client,
    disconnect,
    reconnect() {
      disconnect()
      // A link already known to be lost waits for its next try; this is it.
      void client.restore()
    },
  }
}

// A redirect would send the token to an address nobody chose.
//
// A race, and no AbortSignal: with one, one in ten processes of Electron 25 never ended but span in Node's cleanup when
// the window was closed soon after a request (measured; without it, none of 270).
const fetchWithLimit: FetchLike = (url, init) => withLimit(fetch(url, { ...init, redirect: 'error' }), REQUEST_MOST_MS)

function withLimit<T>(answer: Promise<T>, most_ms: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no answer in ${most_ms / 1000} s`)), most_ms)
    answer.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}
