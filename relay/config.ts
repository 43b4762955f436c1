// The only reader of the environment. Every faulty variable is named at once; secrets may come as NAME_FILE.
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { z } from 'zod'
import { IsolationLevel, TenantLimits } from '../shared/contract/tenants.ts'
import { LOG_LEVELS } from './platform/logger.ts'

/** Source: product text, "Configuration". */
const DEFAULT_LIMITS: TenantLimits = {
  agents: 10,
  calls_per_hour: 1000,
  concurrent_calls: 100,
  api_requests_per_minute: 1200,
  monthly_budget: null,
  version_megabytes: 5_000,
}

/** Enough to watch on two tenants; a laptop does not feel it. */
const DEMO_CALLS = 20

const flag = z.stringbool('Write true or false.')
const httpUrl = z
  .url({ protocol: /^https?$/, error: 'Write a whole address with http:// or https://.' })
  .transform((url) => url.replace(/\/+$/, ''))
const jsonLimits = z
  .string()
  .transform((text, ctx) => {
    try {
      return JSON.parse(text) as unknown
    } catch {
      ctx.addIssue({ code: 'custom', message: 'This is not JSON.' })
      return z.NEVER
    }
  })
  .pipe(TenantLimits.partial())
const masterKey = z
  .string()
  .refine(
    (text) => Buffer.from(text, 'hex').length === 32 || Buffer.from(text, 'base64').length === 32,
    'Write 32 bytes in base64 or hex.',
  )

const Environment = z
  .object({
    PUBLIC_URL: httpUrl.optional(),
    PORT: z.coerce.number('Write a port number.').int().min(0).max(65535).default(8080),
    JWT_SECRET: z.string().min(32, 'Write at least 32 characters.').optional(),
    MASTER_KEY: masterKey.optional(),
    MULTI_TENANT_MODE: flag.default(true),
    TENANT_ISOLATION_LEVEL: IsolationLevel.default('database'),
    DEFAULT_TENANT_LIMITS: jsonLimits.optional(),
    MONGODB_URL: z
      .string()
      .regex(/^mongodb(\+srv)?:\/\/\S+$/, 'Write an address that begins with mongodb:// or mongodb+srv://.')
      .optional(),
    MONGODB_DATABASE: z.string().min(1).default('phony'),
    MONGODB_POOL_SIZE: z.coerce.number('Write a number.').int().min(1).max(1000).default(50),
    MONGODB_MAX_IDLE_TIME: z.coerce.number('Write seconds.').min(1).default(30),
    REDIS_URL: z
      .string()
      .regex(/^rediss?:\/\/\S+$/, 'Write an address that begins with redis:// or rediss://.')
      .optional(),
    REDIS_KEY_PREFIX: z
      .string()
      .regex(/^[\x21-\x7e]+$/, 'Write it without spaces.')
      .default('phony:tenant:'),
    RELAY_FRAMING: z.enum(['own', 'ws'], 'Write own or ws.').default('own'),
    RELAY_WORKERS: z.coerce.number('Write how many processes carry calls.').int().min(0).max(256).default(0),
    REDIS_SESSION_TTL: z.coerce.number('Write seconds.').int().min(60, 'Write at least 60 seconds.').default(3600),
    TWILIO_ACCOUNT_SID: z
      .string()
      .regex(/^AC[0-9a-fA-F]{32}$/, 'An account is named AC and 32 hexadecimal digits.')
      .optional(),
    TWILIO_AUTH_TOKEN: z.string().min(16).optional(),
    TWILIO_API_BASE_URL: httpUrl.optional(),
    OPENAI_API_KEY: z
      .string()
      .regex(/^[\x21-\x7e]+$/, 'A key has no spaces and no line breaks.')
      .optional(),
    OPENAI_BASE_URL: httpUrl.default('https://api.openai.com/v1'),
    OPENAI_REALTIME_MODEL: z.string().min(1).default('gpt-realtime-2.1'),
    DATA_DIR: z.string().min(1).default('data'),
    LOG_LEVEL: z.enum(LOG_LEVELS).default('info'),
    TLS_CERT: z.string().optional(),
    TLS_KEY: z.string().optional(),
    ADMIN_EMAIL: z.email('Write an email address.').optional(),
    ADMIN_PASSWORD: z.string().min(12, 'Write at least 12 characters.').optional(),
    DEMO: flag.default(false),
  })
  .superRefine((env, ctx) => {
    const fault = (name: string, message: string) => ctx.addIssue({ code: 'custom', path: [name], message })
    if (Boolean(env.TWILIO_ACCOUNT_SID) !== Boolean(env.TWILIO_AUTH_TOKEN))
      fault(
        env.TWILIO_ACCOUNT_SID ? 'TWILIO_AUTH_TOKEN' : 'TWILIO_ACCOUNT_SID',
        'Set both the account and its token, or neither.',
      )
    if (Boolean(env.TLS_CERT) !== Boolean(env.TLS_KEY))
      fault(env.TLS_CERT ? 'TLS_KEY' : 'TLS_CERT', 'Set both the certificate and its key, or neither.')
    if (Boolean(env.ADMIN_EMAIL) !== Boolean(env.ADMIN_PASSWORD))
      fault(env.ADMIN_EMAIL ? 'ADMIN_PASSWORD' : 'ADMIN_EMAIL', 'Set both, or neither.')
    const isRealCarrier = env.TWILIO_ACCOUNT_SID && !env.TWILIO_API_BASE_URL
    if (isRealCarrier && !env.PUBLIC_URL?.startsWith('https://'))
      fault('PUBLIC_URL', 'Twilio reaches the relay from outside: set its public https:// address.')
    if (env.REDIS_URL && !env.JWT_SECRET)
      fault('JWT_SECRET', 'Relays that share a Redis must share this secret too: set at least 32 characters.')
    if (env.REDIS_URL && !env.MONGODB_URL)
      fault('MONGODB_URL', 'Relays that share a Redis must share a store too: set its address, or unset REDIS_URL.')
    if (env.DEMO && (env.TWILIO_ACCOUNT_SID || env.OPENAI_API_KEY))
      fault('DEMO', 'The demo has users with known passwords: unset it where real credentials are set.')
  })

export interface Config {
  public_url: string | null
  port: number
  jwt_secret: string | null
  multi_tenant: boolean
  isolation_level: IsolationLevel
  default_limits: TenantLimits
  session_ttl_seconds: number
  /** Null: the embedded store in `data_dir`. */
  mongodb: { url: string; database: string; pool_size: number; max_idle_ms: number } | null
  /** Null: this relay shares its state with no other. */
  redis: { url: string; key_prefix: string } | null
  /** Processes that carry calls; 0 lets this one do it. */
  workers: number
  /** How the two sockets of a call are framed: by ourselves, or by the library. */
  framing: 'own' | 'ws'
  /** Null: the simulated phone network takes its place. */
  twilio: { account_sid: string; auth_token: string; api_base_url: string | null } | null
  /** Null: the simulated model takes its place. */
  openai: { api_key: string; base_url: string } | null
  realtime_model: string
  data_dir: string
  log_level: (typeof LOG_LEVELS)[number]
  tls: { cert: string; key: string } | null
  admin: { email: string; password: string } | null
  demo: boolean
  /** Calls that the demo keeps going at a time. */
  demo_calls: number
}

/** Names whose value may lie in a file. */
const SECRETS = [
  'JWT_SECRET',
  'MASTER_KEY',
  'MONGODB_URL',
  'REDIS_URL',
  'TWILIO_AUTH_TOKEN',
  'OPENAI_API_KEY',
  'ADMIN_PASSWORD',
]

export class ConfigError extends Error {}

/** @throws ConfigError naming every faulty variable */
export function readConfig(env: NodeJS.ProcessEnv): Config {
  const parsed = Environment.safeParse(withoutBlanks(withFiles(withoutBlanks(env))))
  if (!parsed.success) {
    const faults = parsed.error.issues.map((issue) => `  ${issue.path.join('.') || 'environment'}: ${issue.message}`)
    throw new ConfigError(`The configuration has ${faults.length === 1 ? 'a fault' : 'faults'}:\n${faults.join('\n')}`)
  }
  const values = parsed.data
  return {
    public_url: values.PUBLIC_URL ?? null,
    port: values.PORT,
    jwt_secret: values.JWT_SECRET ?? null,
    multi_tenant: values.MULTI_TENANT_MODE,
    isolation_level: values.TENANT_ISOLATION_LEVEL,
    default_limits: { ...DEFAULT_LIMITS, ...dropUndefined(values.DEFAULT_TENANT_LIMITS ?? {}) },
    session_ttl_seconds: values.REDIS_SESSION_TTL,
    mongodb: values.MONGODB_URL
      ? {
          url: values.MONGODB_URL,
          database: values.MONGODB_DATABASE,
          pool_size: values.MONGODB_POOL_SIZE,
          max_idle_ms: values.MONGODB_MAX_IDLE_TIME * 1000,
        }
      : null,
    redis: values.REDIS_URL ? { url: values.REDIS_URL, key_prefix: values.REDIS_KEY_PREFIX } : null,
    workers: values.RELAY_WORKERS,
    framing: values.RELAY_FRAMING,
    twilio:
      values.TWILIO_ACCOUNT_SID && values.TWILIO_AUTH_TOKEN
        ? {
            account_sid: values.TWILIO_ACCOUNT_SID,
            auth_token: values.TWILIO_AUTH_TOKEN,
            api_base_url: values.TWILIO_API_BASE_URL ?? null,
          }
        : null,
    openai: values.OPENAI_API_KEY ? { api_key: values.OPENAI_API_KEY, base_url: values.OPENAI_BASE_URL } : null,
    realtime_model: values.OPENAI_REALTIME_MODEL,
    data_dir: resolve(values.DATA_DIR),
    log_level: values.LOG_LEVEL,
    tls: values.TLS_CERT && values.TLS_KEY ? { cert: values.TLS_CERT, key: values.TLS_KEY } : null,
    admin:
      values.ADMIN_EMAIL && values.ADMIN_PASSWORD
        ? { email: values.ADMIN_EMAIL, password: values.ADMIN_PASSWORD }
        : null,
    demo: values.DEMO,
    demo_calls: values.DEMO ? DEMO_CALLS : 0,
  }
}

const dropUndefined = (limits: Partial<Record<keyof TenantLimits, unknown>>) =>
  Object.fromEntries(Object.entries(limits).filter(([, value]) => value !== undefined)) as Partial<TenantLimits>

const withoutBlanks = (env: NodeJS.ProcessEnv): Record<string, string | undefined> =>
  Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''))

function withFiles(env: Record<string, string | undefined>): Record<string, string | undefined> {
  const filled = { ...env }
  for (const name of SECRETS) {
    const file = env[`${name}_FILE`]
    if (!file || env[name]) continue
    try {
      filled[name] = readFileSync(file, 'utf8').trim()
    } catch (cause) {
      throw new ConfigError(`The configuration has a fault:\n  ${name}_FILE: ${file} cannot be read.`, { cause })
    }
  }
  return filled
}
