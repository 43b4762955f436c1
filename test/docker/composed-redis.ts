// The `redis` service of the compose file, by its own commands, with the redis-server of this machine.
import { spawn } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from '../support/relay-process.ts'
import { tryRun } from './commands.ts'
import type { Service } from './compose-file.ts'

const READY_MS = 30_000

export async function startComposedRedis({ entrypoint = [], command = [], healthcheck }: Service, folder: string) {
  const port = await freePort()
  const data = join(folder, 'redis')
  mkdirSync(data)
  /** The container's places, on this machine. */
  const here = (text: string): string =>
    text
      .replace(/\/run\/secrets\/|\/tmp\//g, (place) => `${folder}/${place === '/tmp/' ? '' : 'secrets/'}`)
      .replace(/^\/data$/, data)
      .replace('redis-cli ', `redis-cli -p ${port} `)
  const [shell = 'sh', ...args] = [...entrypoint, ...command].map(here)
  const child = spawn(shell, [...args, '--port', String(port), '--bind', '127.0.0.1'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text: Buffer) => (output += text.toString()))
  const ended = new Promise<void>((resolve) => child.on('close', () => resolve()))
  const [, check = 'sh', ...rest] = (healthcheck?.test ?? []).map(here)
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM')
    await ended
  }
  for (const end_ms = Date.now() + READY_MS; (await tryRun(check, rest)).code !== 0; await sleep(100)) {
    if (Date.now() < end_ms && child.exitCode === null) continue
    await stop()
    throw new Error(`The redis service did not become well: ${output}`)
  }
  return { port, stop }
}
