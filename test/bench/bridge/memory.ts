// The memory of a process after a collection that it did not choose: asked for through Node's inspector, so that any
// program can be measured as it is.
import { WebSocket } from 'ws'
import type { Running } from './systems.ts'

export interface Collector {
  /** @returns when every process of the bridge has collected its garbage */
  collect(): Promise<void>
  close(): void
}

const LISTENS_WITHIN_MS = 10_000

export async function openCollector(running: Running): Promise<Collector> {
  const sockets: WebSocket[] = []
  for (const pid of running.pids) sockets.push(await inspect(pid, running.output))
  return {
    async collect() {
      for (const socket of sockets) await ask(socket, 'HeapProfiler.collectGarbage')
    },
    close() {
      for (const socket of sockets) socket.close()
    },
  }
}

/** Source: Node, SIGUSR1 starts the inspector; where it listens is said on stderr. */
async function inspect(pid: number, output: () => string): Promise<WebSocket> {
  const before = output().length
  process.kill(pid, 'SIGUSR1')
  const end = Date.now() + LISTENS_WITHIN_MS
  for (;;) {
    const url = /Debugger listening on (\S+)/.exec(output().slice(before))?.[1]
    if (url) return await opened(new WebSocket(url))
    if (Date.now() > end) throw new Error(`Process ${pid} cannot be inspected.`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

function opened(socket: WebSocket): Promise<WebSocket> {
  return new Promise((resolve, reject) => {
    socket.once('open', () => resolve(socket))
    socket.once('error', reject)
  })
}

function ask(socket: WebSocket, method: string): Promise<void> {
  socket.send(JSON.stringify({ id: 1, method }))
  return new Promise((resolve, reject) => {
    socket.once('message', () => resolve())
    socket.once('close', () => reject(new Error('The inspected process closed its inspector.')))
  })
}
