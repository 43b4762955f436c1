// A child process that says what it did, line by line, until it is killed at a moment it does not choose.
import { spawn } from 'node:child_process'

/** @returns its lines; a last line that was cut off is left out */
export async function killedChild(script: string, args: string[], lives_ms: number): Promise<string[]> {
  const child = spawn(process.execPath, ['--import', 'tsx', script, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let text = ''
  await new Promise<void>((resolve) => {
    child.stdout.on('data', (chunk: Buffer) => {
      if (text === '') setTimeout(() => child.kill('SIGKILL'), lives_ms)
      text += chunk
    })
    child.on('close', () => resolve())
  })
  return text.split('\n').slice(1, -1)
}
