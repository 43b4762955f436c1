// Starting: from the start of the process until it says that it is ready, and until /health/ready answers 200. Kinds in
// turn, each with a folder (and a database) that nobody used, and then again on what the first start left.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { get } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '../../support/relay-process.ts'
import { buildRelay } from '../bridge/systems.ts'
import { markdown } from '../bridge/table.ts'
import { keep, median, quantile } from '../figures.ts'
import { settingsOf } from '../shipped-relay.ts'
import type { Options } from './options.ts'
import { type Servers, startServers } from './servers.ts'

const STARTS = 5
const KINDS = ['embedded', 'MongoDB and Redis'].flatMap((services) =>
  [0, 2].map((workers) => ({ services, workers, name: `${services}, ${workers} workers` })),
)
const LOOK_EVERY_MS = 3
const READY_WITHIN_MS = 40_000

interface Start {
  kind: string
  isFirst: boolean
  said_ready_ms: number
  health_ready_ms: number
}

export async function measureStart(options: Options, say: (line: string) => void): Promise<void> {
  if (!options.relay) say('Building the relay …')
  const main = options.relay ?? buildRelay()
  const servers = await startServers()
  try {
    say(`Start: ${servers.mongodb.name}, ${servers.redis.name}`)
    const kinds = KINDS.filter(({ name }) => name.includes(options.only ?? ''))
    // The first start of all finds the program's files on the disk and not in memory.
    for (const kind of kinds) await startTwice(main, kind, servers)
    const starts: Start[] = []
    for (let round = 0; round < (options.rounds ?? STARTS); round++)
      for (const kind of kinds) {
        const both = await startTwice(main, kind, servers)
        starts.push(...both)
        say(`  ${round + 1} ${kind.name}: ${both.map((one) => one.health_ready_ms.toFixed(0)).join(', ')} ms`)
      }
    say(`\n${table(starts)}`)
    say(keep('bench-services-start', { server: servers.mongodb.name, redis: servers.redis.name, starts }))
  } finally {
    await servers.close()
  }
}

async function startTwice(main: string, kind: (typeof KINDS)[number], servers: Servers): Promise<Start[]> {
  const folder = mkdtempSync(join(tmpdir(), 'phony-bench-'))
  const env = {
    ...settingsOf(folder),
    RELAY_WORKERS: String(kind.workers),
    ...(kind.services === 'embedded' ? {} : servers.env()),
  }
  try {
    const first = await startOnce(main, env)
    const second = await startOnce(main, env)
    return [
      { kind: kind.name, isFirst: true, ...first },
      { kind: kind.name, isFirst: false, ...second },
    ]
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function startOnce(main: string, env: Record<string, string>) {
  const port = await freePort()
  const { PATH = '', HOME = '' } = process.env
  const began_ms = performance.now()
  const child = spawn(process.execPath, [main], {
    env: { PATH, HOME, ...env, PORT: String(port) },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const exited = once(child, 'exit')
  let output = ''
  const said = new Promise<number>((resolve, reject) => {
    const read = (data: Buffer): void => {
      output += data.toString()
      if (/ready at /.test(output)) resolve(performance.now() - began_ms)
    }
    child.stdout.on('data', read)
    child.stderr.on('data', read)
    void exited.then(() => reject(new Error(`The relay did not start: ${output}`)))
  })
  try {
    const [said_ready_ms, health_ready_ms] = await Promise.all([said, healthy(port, began_ms, () => output)])
    return { said_ready_ms, health_ready_ms }
  } finally {
    child.kill('SIGTERM')
    await exited
  }
}

async function healthy(port: number, began_ms: number, output: () => string): Promise<number> {
  while (performance.now() - began_ms < READY_WITHIN_MS) {
    if ((await statusOf(port)) === 200) return performance.now() - began_ms
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS))
  }
  throw new Error(`The relay was not ready in ${READY_WITHIN_MS} ms: ${output()}`)
}

/** Null: nobody listens yet. */
function statusOf(port: number): Promise<number | null> {
  return new Promise((resolve) => {
    const asked = get({ host: '127.0.0.1', port, path: '/health/ready', agent: false }, (answer) => {
      answer.resume()
      resolve(answer.statusCode ?? null)
    })
    asked.on('error', () => resolve(null))
  })
}

function table(starts: Start[]): string {
  const rows = [...new Set(starts.map(({ kind }) => kind))].flatMap((kind) =>
    [true, false].map((isFirst) => {
      const ofKind = starts.filter((start) => start.kind === kind && start.isFirst === isFirst)
      const ready_ms = ofKind.map(({ health_ready_ms }) => health_ready_ms)
      return [
        kind,
        isFirst ? 'nothing there' : 'second start',
        median(ofKind.map(({ said_ready_ms }) => said_ready_ms)).toFixed(0),
        median(ready_ms).toFixed(0),
        `${quantile(ready_ms, 0).toFixed(0)} to ${quantile(ready_ms, 1).toFixed(0)}`,
        String(ofKind.length),
      ]
    }),
  )
  return markdown(['on', 'data', 'said "ready" ms', '/health/ready 200 ms', 'least to most', 'starts'], rows)
}
