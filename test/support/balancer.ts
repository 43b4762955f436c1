// One address for several relays: each connection goes where its first request line says, or to the next relay in turn.

import type { AddressInfo } from 'node:net'
import { connect, createServer, type Socket } from 'node:net'

export interface Balancer {
  url: string
  /** Which relay gets a path; null leaves it to turns. */
  route: (path: string) => number | null
  close(): Promise<void>
}

export async function startBalancer(ports: number[]): Promise<Balancer> {
  const open = new Set<Socket>()
  let turn = 0
  const server = createServer((client) => {
    open.add(client)
    client.on('error', () => client.destroy()).on('close', () => open.delete(client))
    client.once('data', (first) => {
      const path = /^[A-Z]+ (\S+)/.exec(first.toString('latin1'))?.[1] ?? '/'
      const relay = balancer.route(path) ?? turn++ % ports.length
      const upstream = connect(ports[relay]!, '127.0.0.1')
      upstream.on('error', () => client.destroy()).on('close', () => client.destroy())
      client.on('close', () => upstream.destroy())
      upstream.write(first)
      client.pipe(upstream).pipe(client)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const balancer: Balancer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    route: () => null,
    close: () => {
      for (const socket of open) socket.destroy()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
  return balancer
}
