// The relay as it is shipped: built, in a process of its own, with an admin and without a limit that would end the
// measurement.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Program, startProgram } from './bridge/processes.ts'

const ADMIN = { email: 'admin@company.example', password: 'a long enough password' }
const LIMITS = { agents: 1e6, calls_per_hour: 1e6, concurrent_calls: 1e5, api_requests_per_minute: 1e7 }

/** Of every relay that is measured. @param data_dir its own folder */
export const settingsOf = (data_dir: string): Record<string, string> => ({
  PORT: '0',
  DATA_DIR: data_dir,
  LOG_LEVEL: 'warn',
  ADMIN_EMAIL: ADMIN.email,
  ADMIN_PASSWORD: ADMIN.password,
  DEFAULT_TENANT_LIMITS: JSON.stringify(LIMITS),
})

/**
 * @param main the built relay @param cores where it may run
 * @throws (rejects) with what it wrote when it does not become ready
 */
export async function startRelay(main: string, cores: number[], env: Record<string, string>): Promise<Program> {
  const folder = mkdtempSync(join(tmpdir(), 'phony-bench-'))
  const program = await startProgram(main, cores, { ...settingsOf(folder), ...env })
  return {
    ...program,
    async end() {
      await program.end()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

export interface SignedIn {
  access_token: string
  tenant_id: string
}

/** @throws (rejects) with the answer when it is a refusal */
async function post(url: string, path: string, body: object, token?: string): Promise<unknown> {
  const headers = { 'content-type': 'application/json', ...(token ? { authorization: `Bearer ${token}` } : {}) }
  const answer = await fetch(url + path, { method: 'POST', headers, body: JSON.stringify(body) })
  const text = await answer.text()
  if (!answer.ok) throw new Error(`${path} was answered with ${answer.status}: ${text}`)
  return JSON.parse(text)
}

export const signIn = async (url: string): Promise<SignedIn> => (await post(url, '/api/auth/login', ADMIN)) as SignedIn

/** Signs the admin in, reads the carrier's list, and puts an agent on a number of it. */
export async function openLine(url: string, phone_number: string): Promise<SignedIn> {
  const signed_in = await signIn(url)
  await post(url, '/api/numbers/sync', {}, signed_in.access_token)
  const agent = {
    name: 'Main line',
    type: 'inbound',
    system_prompt: 'You answer the telephone of a shop.',
    max_call_duration: 14_400,
  }
  await post(url, '/api/agents', { ...agent, phone_numbers: [phone_number] }, signed_in.access_token)
  return signed_in
}
