// What must be true of a Redis server before the relay uses it. Each thing that is not is said in one sentence.

/** GETDEL, exclusive ranges of streams and `SET … GET` came with it. */
const OLDEST = [6, 2] as const

/**
 * @param info the answer to INFO
 * @returns what is wrong, to follow "Redis at host:port (REDIS_URL) "; null when it can be used
 * @source redis.io, "INFO"
 */
export function faultOfServer(info: string): string | null {
  const facts = new Map(info.split(/\r?\n/).map((line) => splitAt(line, line.indexOf(':'))))
  const version = facts.get('redis_version') ?? ''
  if (isOlder(version)) return `is version ${version || 'unknown'}: the relay needs ${OLDEST.join('.')} or newer`
  if (facts.get('cluster_enabled') === '1')
    return 'is a cluster: the relay needs a single primary, with replicas or without'
  if (facts.get('role') === 'slave') return 'is a read-only replica: name its primary'
  const policy = facts.get('maxmemory_policy') ?? 'noeviction'
  if (Number(facts.get('maxmemory') ?? 0) > 0 && policy !== 'noeviction') {
    return `throws keys away when its memory is full (maxmemory-policy ${policy}): set it to noeviction`
  }
  return null
}

/** @returns what went wrong while connecting, to follow "Redis at host:port (REDIS_URL) " */
export function faultOfConnection(error: unknown, isTls: boolean): string {
  const { code, message } = error as { code?: string; message?: string }
  const text = message ?? ''
  if (/^NOAUTH/.test(text)) return 'wants a password: write it as in redis://:password@host:6379'
  if (/^WRONGPASS|invalid password|invalid username/.test(text)) return 'refuses the user or the password'
  if (/^NOPERM/.test(text)) return 'does not let this user do what the relay needs'
  if (/^DENIED/.test(text)) return 'lets only its own machine in (protected mode): give it a password'
  if (/^LOADING/.test(text)) return 'is still reading its data'
  if (code === 'ECONNREFUSED') return 'is not running there: the connection was refused'
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'cannot be found: no such host name'
  if (isTls && code !== undefined && /CERT|SIGN|SSL|TLS|EPROTO/.test(code)) return `fails at TLS (${code})`
  if (code === 'ECONNRESET' || /Connection is closed/.test(text)) {
    return isTls ? 'hangs up: it may not speak TLS, which rediss:// asks for' : 'hangs up: it may want TLS (rediss://)'
  }
  if (/report this/.test(text)) return 'is some other server: it does not speak as Redis does'
  return 'does not answer'
}

function isOlder(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  return major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1])
}

const splitAt = (line: string, at: number): [string, string] => [line.slice(0, Math.max(at, 0)), line.slice(at + 1)]
