// The generator of load as a program: compiled once for each version of its sources, started, told and asked. What it
// does, and what it can be told: generator/main.c.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { cacheFolder } from './cache.ts'
import type { Counts, Report } from './orders.ts'
import { ACCOUNT, type StreamAddress } from './webhook.ts'

const SOURCES = fileURLToPath(new URL('./generator', import.meta.url))
const FLAGS = ['-std=c11', '-D_GNU_SOURCE', '-O2', '-Wall', '-Wextra', '-Werror']

export interface Generator {
  pid: number
  /** Of the model's door, on 127.0.0.1. */
  port: number
  /** Connects a call. @param address an IPv4 address @returns when it stands @throws (rejects) with why it does not */
  open(call: number, call_sid: string, stream: StreamAddress, address: string): Promise<void>
  tell(order: string, ...fields: number[]): void
  /** One question at a time. */
  ask(question: 'count'): Promise<Counts>
  ask(question: 'report'): Promise<Report>
  end(): void
}

/** What it says of a call it was to open. @param why null: it stands */
interface Opened {
  call: number
  why: string | null
}

/** @throws (rejects) with what it wrote when it ends */
export async function startGenerator(calls: number, open_after_ms: number, isUrgent: boolean): Promise<Generator> {
  const args = [String(calls), String(open_after_ms), ACCOUNT.account_sid, ...(isUrgent ? ['urgent'] : [])]
  const child = spawn(compileGenerator(), args, { stdio: ['pipe', 'pipe', 'pipe'] })
  const opening = new Map<number, (why: string | null) => void>()
  const listen = answers(child, ({ call, why }) => opening.get(call)?.(why))
  const { port } = (await listen()) as { port: number }
  const tell = (...fields: (string | number)[]): void => void child.stdin.write(`${fields.join('\t')}\n`)
  return {
    pid: child.pid ?? 0,
    port,
    open(call, call_sid, { url, headers, parameters }, address) {
      const { host, port: to, pathname, search } = new URL(url)
      const lines = Object.entries({ Host: host, ...headers }).map(([name, value]) => `${name}: ${value}`)
      tell('open', call, call_sid, address, to || '80', pathname + search, JSON.stringify(parameters), ...lines)
      return new Promise((resolve, reject) => {
        opening.set(call, (why) => (why === null ? resolve() : reject(new Error(why))))
      })
    },
    tell,
    ask(question: string) {
      const answered = listen()
      tell(question)
      return answered as Promise<Counts & Report>
    },
    end: () => void child.kill('SIGKILL'),
  }
}

/** @returns what waits for the next answer that is not of a call being opened */
function answers(child: ChildProcess, onOpened: (opened: Opened) => void): () => Promise<unknown> {
  let output = ''
  let ended: Error | null = null
  let waiting = { resolve(_answer: unknown) {}, reject(_why: Error) {} }
  const end = (how: unknown): void => {
    ended ??= new Error(`The generator of load ended with ${String(how)}: ${output.trim()}`)
    waiting.reject(ended)
  }
  child.stderr?.on('data', (data: Buffer) => {
    output = (output + data).slice(-2_000)
  })
  child.once('error', end)
  child.once('close', (code, signal) => end(code ?? signal))
  // Whoever tells an ended one something hears of it from the next answer.
  child.stdin?.on('error', () => {})
  createInterface({ input: child.stdout! }).on('line', (line) => {
    const answer = JSON.parse(line) as object
    if ('call' in answer) onOpened(answer as Opened)
    else waiting.resolve(answer)
  })
  return () =>
    new Promise((resolve, reject) => {
      waiting = { resolve, reject }
      if (ended) reject(ended)
    })
}

/** @returns the program @throws with the compiler's words, or one sentence where there is no compiler */
function compileGenerator(): string {
  const names = readdirSync(SOURCES).sort()
  const hash = createHash('sha256').update(FLAGS.join(' '))
  for (const name of names) hash.update(name).update(readFileSync(join(SOURCES, name)))
  const folder = cacheFolder('generator')
  const program = join(folder, hash.digest('hex').slice(0, 16))
  if (existsSync(program)) return program
  mkdirSync(folder, { recursive: true })
  const unfinished = `${program}.${process.pid}`
  const sources = names.filter((name) => name.endsWith('.c'))
  try {
    execFileSync('cc', [...FLAGS, '-o', unfinished, ...sources], { cwd: SOURCES, stdio: 'pipe' })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT')
      throw new Error('The bench needs a C compiler, cc, for its load generator: apt-get install gcc libc6-dev.', {
        cause: error,
      })
    throw error
  }
  renameSync(unfinished, program)
  return program
}
