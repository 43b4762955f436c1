// One address for several relays: each request and each socket goes where its path says, or to the next relay in turn.
import { createServer, request } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'

export interface Balancer {
  url: string
  /** Which relay gets a path; null leaves it to turns. */
  route: (path: string) => number | null
  close(): Promise<void>
}

export async function startBalancer(ports: number[]): Promise<Balancer> {
  const open = new Set<Socket>()
  let turn = 0
  const portOf = (path = '/'): number => ports[balancer.route(path) ?? turn++ % ports.length]!

  const server = createServer((req, res) => {
    const { method, headers, url } = req
    const onward = request(
      { host: '127.0.0.1', port: portOf(url), method, headers, path: url, agent: false },
      (answer) => {
        res.writeHead(answer.statusCode ?? 502, answer.headers)
        answer.pipe(res)
      },
    )
    onward.on('error', () => res.destroy())
    req.pipe(onward)
  })
  server.on('upgrade', (req, client: Socket, head) => {
    const upstream = connect(portOf(req.url), '127.0.0.1')
    open.add(client)
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const)
      one.on('error', () => one.destroy()).on('close', () => other.destroy())
    client.on('close', () => open.delete(client))
    const lines = req.rawHeaders.flatMap((name, at) => (at % 2 ? [] : [`${name}: ${req.rawHeaders[at + 1]}`]))
    upstream.write(`${req.method} ${req.url} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`)
    upstream.write(head)
    client.pipe(upstream).pipe(client)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const balancer: Balancer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    route: () => null,
    close: () => {
      for (const socket of open) socket.destroy()
      server.closeAllConnections()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
  return balancer
}
