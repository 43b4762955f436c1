// A program that says `ready at URL` when it is: started on its cores, ended when it is done with.
import { type ChildProcess, spawn } from 'node:child_process'
import { pinned } from './machine.ts'

export interface Program {
  url: string
  pid: number
  /** All it has written, for the sentence that says why something failed. */
  output(): string
  /** Ends it and what belongs to it, at once. */
  end(): Promise<void>
}

const READY_WITHIN_MS = 40_000

/** @throws (rejects) with what it wrote when it ends, or is not ready in time */
export function startProgram(file: string, cores: number[], env: Record<string, string>): Promise<Program> {
  const { PATH = '', HOME = '' } = process.env
  const [program, args] = pinned(cores, process.execPath, [file])
  // Nothing is inspected before somebody asks for it (memory.ts); then any port will do.
  // taskset becomes the program it starts, so this is the program's own number.
  const child = spawn(program, args, {
    env: { PATH, HOME, NODE_OPTIONS: '--inspect-port=0', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  return new Promise((resolve, reject) => {
    let output = ''
    const fail = (what: string) => {
      child.kill('SIGKILL')
      reject(new Error(`${file} ${what}: ${output.trim().slice(-600)}`))
    }
    const late = setTimeout(() => fail('was not ready in time'), READY_WITHIN_MS)
    child.once('exit', (code) => fail(`ended with ${code}`))
    read(child, (text) => {
      output = (output + text).slice(-20_000)
      const url = /ready at (\S+)/.exec(output)?.[1]
      if (!url) return
      clearTimeout(late)
      resolve({
        url,
        pid: child.pid ?? 0,
        output: () => output,
        end() {
          child.kill('SIGKILL')
          return exited
        },
      })
    })
  })
}

function read(child: ChildProcess, onText: (text: string) => void): void {
  child.stdout?.on('data', (data: Buffer) => onText(data.toString()))
  child.stderr?.on('data', (data: Buffer) => onText(data.toString()))
}
