// A TCP proxy that misbehaves on demand, between a client and a real server.
import { createServer, connect as dial, type Socket } from 'node:net'

export type FaultMode =
  | { kind: 'pass' }
  /** Takes connections and swallows every byte both ways. A connection that lost bytes never works again. */
  | { kind: 'blackhole' }
  /** Nobody listens, and nobody is connected. */
  | { kind: 'refuse' }
  /** Takes connections and every byte, and hands them on when it is set to something else. */
  | { kind: 'hold' }
  /** Every chunk arrives so much later, and so does the end. */
  | { kind: 'latency'; ms: number }
  /** Connections are cut by a reset, new ones at once. */
  | { kind: 'reset' }

export interface FaultProxy {
  readonly port: number
  set(mode: FaultMode): Promise<void>
  close(): Promise<void>
}

interface Pair {
  client: Socket
  server: Socket | null
  hasLostBytes: boolean
}

export async function startFaultProxy(target_port: number): Promise<FaultProxy> {
  let mode: FaultMode = { kind: 'pass' }
  const pairs = new Set<Pair>()
  const held: (() => void)[] = []
  const server = createServer((client) => {
    const pair: Pair = { client, server: null, hasLostBytes: mode.kind === 'blackhole' }
    pairs.add(pair)
    const end = (): void => {
      pairs.delete(pair)
      client.destroy()
      pair.server?.destroy()
    }
    const endInTime = (): void => void (mode.kind === 'latency' ? setTimeout(end, mode.ms) : end())
    client.on('error', end).on('close', endInTime)
    if (mode.kind === 'reset') return void client.resetAndDestroy()
    if (pair.hasLostBytes) return void client.resume()
    const upstream = dial({ port: target_port, host: '127.0.0.1' })
    pair.server = upstream
    upstream.on('error', end).on('close', endInTime)
    carry(pair, client, upstream)
    carry(pair, upstream, client)
  })
  const carry = (pair: Pair, from: Socket, to: Socket): void => {
    from.on('data', (chunk) => {
      if (mode.kind === 'blackhole') pair.hasLostBytes = true
      if (pair.hasLostBytes) return
      if (mode.kind === 'hold') held.push(() => to.write(chunk))
      else if (mode.kind === 'latency') setTimeout(() => to.write(chunk), mode.ms)
      else to.write(chunk)
    })
  }
  const listen = (port: number): Promise<void> =>
    new Promise((resolve, reject) => server.once('error', reject).listen(port, '127.0.0.1', () => resolve()))
  const cut = (how: 'destroy' | 'resetAndDestroy'): void => {
    for (const { client, server: upstream } of pairs) {
      client[how]()
      upstream?.destroy()
    }
  }
  const stop = (): Promise<void> =>
    new Promise((resolve) => {
      if (server.listening) server.close(() => resolve())
      else resolve()
      cut('destroy')
    })

  await listen(0)
  const { port } = server.address() as { port: number }
  return {
    port,
    set: async (next) => {
      mode = next
      if (next.kind !== 'hold') for (const goOn of held.splice(0)) goOn()
      if (next.kind === 'refuse') return stop()
      if (next.kind === 'reset') cut('resetAndDestroy')
      if (!server.listening) await listen(port)
    },
    close: stop,
  }
}
