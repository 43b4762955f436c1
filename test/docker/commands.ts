// Programs of this machine, run to their end: what they wrote is the answer, and the reason when they fail.
import { spawn, spawnSync } from 'node:child_process'

export interface CommandOptions {
  cwd?: string
  env?: Record<string, string>
  input?: string
}
export interface Ended {
  code: number | null
  stdout: string
  stderr: string
}

/** Runs a program whatever it ends with. @throws (rejects) when there is no such program */
export function tryRun(command: string, args: string[], { cwd, env, input = '' }: CommandOptions = {}): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { ...(cwd && { cwd }), env: { ...process.env, ...env } })
    let stdout = ''
    let stderr = ''
    child.stdout.on('data', (data: Buffer) => (stdout += data.toString()))
    child.stderr.on('data', (data: Buffer) => (stderr += data.toString()))
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, stdout, stderr }))
    // Who ends without reading has said why.
    child.stdin.on('error', () => {}).end(input)
  })
}

/** @returns what it wrote to stdout @throws (rejects) with the end of its output when it fails */
export async function run(command: string, args: string[], options?: CommandOptions): Promise<string> {
  const { code, stdout, stderr } = await tryRun(command, args, options)
  if (code === 0) return stdout
  throw new Error(`${command} ended with ${code}: ${`${stdout}\n${stderr}`.trim().slice(-3_000)}`)
}

export const isInstalled = (command: string): boolean =>
  spawnSync('sh', ['-c', `command -v ${command}`], { stdio: 'ignore' }).status === 0
