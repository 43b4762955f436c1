// docker-compose.yml as docker-compose reads it, and what must be true of it whatever else it says.
import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import { run } from './commands.ts'

export interface Service {
  image: string
  user?: string
  entrypoint?: string[]
  command?: string[]
  environment?: Record<string, string>
  secrets?: { source: string }[]
  volumes?: string[]
  tmpfs?: string[]
  ports?: (string | { published: number; target: number })[]
  cap_drop?: string[]
  security_opt?: string[]
  read_only?: boolean
  stop_grace_period?: string
  healthcheck?: { test: string[] }
  depends_on?: Record<string, { condition: string }>
}
export interface ComposeFile {
  services: Record<string, Service>
  secrets: Record<string, { file: string }>
}

const TO_JSON = 'import json, sys, yaml; json.dump(yaml.safe_load(sys.stdin), sys.stdout)'

/**
 * @param folder where it is laid; its `secrets` lie there too
 * @throws (rejects) with docker-compose's own words when the file is not valid
 */
export async function readComposeFile(root: string, folder: string): Promise<ComposeFile> {
  copyFileSync(join(root, 'docker-compose.yml'), join(folder, 'docker-compose.yml'))
  // What the environment of this run says must not show in it.
  const env = { ...CLEAN, COMPOSE_PROJECT_NAME: 'phony' }
  await run('docker-compose', ['--profile', 'two', 'config', '--quiet'], { cwd: folder, env })
  const text = await run('docker-compose', ['--profile', 'two', 'config'], { cwd: folder, env })
  const json = await run('python3', ['-c', TO_JSON], { input: text })
  // It doubles each dollar sign, so that its output could be read again.
  return JSON.parse(json.replaceAll('$$', '$')) as ComposeFile
}

const CLEAN = Object.fromEntries(
  ['PUBLIC_URL', 'TWILIO_ACCOUNT_SID', 'TWILIO_API_BASE_URL', 'OPENAI_BASE_URL', 'RELAY_WORKERS', 'LOG_LEVEL'].map(
    (name) => [name, ''],
  ),
)

/** @returns a sentence for each thing that a service may not be */
export function faultsOf({ services }: ComposeFile): string[] {
  return Object.entries(services).flatMap(([name, service]) => {
    const rules: [boolean, string][] = [
      [service.read_only === true, 'may write to its root'],
      [service.cap_drop?.includes('ALL') === true, 'keeps capabilities'],
      [service.security_opt?.includes('no-new-privileges:true') === true, 'may gain privileges'],
      [service.image === 'phony-relay' || /^[1-9]\d*:[1-9]\d*$/.test(service.user ?? ''), 'runs as root'],
      [service.image === 'phony-relay' || service.healthcheck !== undefined, 'has no health check'],
      [(service.ports ?? []).every((port) => String(port).startsWith('127.0.0.1:')), 'is reached from other machines'],
      [!Object.keys(service.environment ?? {}).some(isPlainSecret), 'has a secret in its environment'],
    ]
    return rules.filter(([holds]) => !holds).map(([, fault]) => `${name} ${fault}`)
  })
}

const isPlainSecret = (name: string): boolean => /(_SECRET|_KEY|_TOKEN|_PASSWORD)$|^(MONGODB|REDIS)_URL$/.test(name)
