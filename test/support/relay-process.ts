// The relay as an operator has it: a process of its own, told by its environment, with an outside that is not its own.
import { type ChildProcess, spawn } from 'node:child_process'
import { createServer } from 'node:net'
import { fileURLToPath } from 'node:url'

const MAIN = fileURLToPath(new URL('../../relay/main.ts', import.meta.url))
const ROOT = fileURLToPath(new URL('../..', import.meta.url))

export interface RelayProcess {
  url: string
  child: ChildProcess
  /** All it has written. */
  output(): string
  /** Ends it and waits for its exit. @returns its exit code, null when a signal ended it */
  end(signal: NodeJS.Signals): Promise<number | null>
}

export function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
    })
  })
}

/** @throws (rejects) with what it wrote when it ends before it is ready */
export function startRelayProcess(env: Record<string, string>): Promise<RelayProcess> {
  const { PATH = '', HOME = '' } = process.env
  const child = spawn(process.execPath, ['--import', 'tsx', MAIN], {
    cwd: ROOT,
    env: { PATH, HOME, LOG_LEVEL: 'warn', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  const exited = new Promise<number | null>((resolve) => child.on('exit', (code) => resolve(code)))
  return new Promise((resolve, reject) => {
    const read = (data: Buffer) => {
      output += data.toString()
      const url = /ready at (\S+)/.exec(output)?.[1]
      if (url) {
        resolve({
          url,
          child,
          output: () => output,
          end: (signal) => {
            child.kill(signal)
            return exited
          },
        })
      }
    }
    child.stdout.on('data', read)
    child.stderr.on('data', read)
    void exited.then((code) => reject(new Error(`The relay ended with ${code}: ${output}`)))
  })
}
