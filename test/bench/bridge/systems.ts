// What is measured, by name: the product, and what stands beside it. Each runs in a process of its own on one core.
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { cacheFolder } from './cache.ts'
import type { Cores } from './machine.ts'
import { startPhony } from './phony.ts'
import { startProgram } from './processes.ts'
import type { ModelDoor } from './tls-door.ts'
import type { Entrance } from './webhook.ts'

/** `own` only where it is asked for: it is a part of the product. */
export const SYSTEM_NAMES = ['tcp-node', 'ws-raw', 'own', 'naive', 'phony', 'agents-sdk'] as const
/** The last one is no bridge that anyone would use: own-check.ts. */
export type SystemName = (typeof SYSTEM_NAMES)[number] | 'faulty'

export interface Running {
  entrance: Entrance
  /** Whose CPU and memory count as the bridge's: they alone run on its core. */
  pids: number[]
  /** What else belongs to it, on the cores of the load. */
  helpers: number[]
  output(): string
  end(): Promise<void>
}

const ROOT = fileURLToPath(new URL('../../..', import.meta.url))
const BUILT = join(ROOT, 'out', 'bench')
const SDK_PACKAGES = ['@openai/agents@0.20.0', '@openai/agents-extensions@0.18.0', 'ws@8.23.0', 'zod@4.6.7']

/** What has to be there before anything is measured. Null: that system cannot be had here. */
export interface Prepared {
  /** The built relay. */
  main: string
  sdk: string | null
  /** Of a MongoDB; null: the embedded store. */
  mongodb: string | null
}

export async function startSystem(
  name: SystemName,
  model: ModelDoor,
  cores: Cores,
  { main, sdk, mongodb }: Prepared,
  workers = 1,
): Promise<Running> {
  if (name === 'phony') return startPhony({ main, mongodb }, model, cores, workers)
  if (model.certificate) throw new Error('Only phony goes to the model by TLS.')
  const file = fileURLToPath(new URL(`./systems/${name}.mjs`, import.meta.url))
  const program = await startProgram(file, [cores.bridge], {
    MODEL: model.address,
    SDK: sdk ?? '',
    RELAY: dirname(main),
  })
  return {
    entrance: { kind: 'direct', url: program.url.replace('http:', 'ws:') },
    pids: [program.pid],
    helpers: [],
    output: program.output,
    end: program.end,
  }
}

/**
 * The relay as it is shipped, by the same compiler and settings, in a folder of its own.
 * @throws with the compiler's words
 */
export function buildRelay(): string {
  const compiler = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc')
  execFileSync(process.execPath, [compiler, '-p', 'relay/tsconfig.json', '--outDir', BUILT], {
    cwd: ROOT,
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  return join(BUILT, 'relay', 'main.js')
}

/** The vendor's SDK, in the user's cache. @returns null, and says so, when it cannot be installed */
export function installSdk(say: (line: string) => void): string | null {
  const folder = cacheFolder(SDK_PACKAGES[0]!.replaceAll(/[@/]+/g, '-').slice(1))
  if (existsSync(join(folder, 'node_modules', '@openai', 'agents-extensions'))) return folder
  say(`Installing ${SDK_PACKAGES.join(', ')} into ${folder} …`)
  mkdirSync(folder, { recursive: true })
  const flags = ['--ignore-scripts', '--no-audit', '--no-fund', '--legacy-peer-deps', '--no-save']
  try {
    execFileSync('npm', ['install', '--prefix', folder, ...flags, ...SDK_PACKAGES], { stdio: 'pipe', timeout: 180_000 })
    return folder
  } catch (error) {
    const why = (error as { stderr?: Buffer }).stderr?.toString().trim().split('\n')[0] ?? String(error)
    say(`agents-sdk is left out: its packages cannot be installed here (${why}).`)
    return null
  }
}
