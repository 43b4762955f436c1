// Passwords: argon2id, never more than four at once, and as much time for an unknown user as for a known one.
import { hash, verify } from '@node-rs/argon2'

/** Source: OWASP password storage, the minimum for argon2id (19 MiB, 2 passes, 1 lane). */
const COST = { algorithm: 2 /* argon2id */, memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const
const AT_ONCE = 4

export interface Passwords {
  hash(password: string): Promise<string>
  /** @param stored null for an unknown user: takes as long, answers false */
  matches(password: string, stored: string | null): Promise<boolean>
}

export function createPasswords(): Passwords {
  let running = 0
  const waiting: (() => void)[] = []
  let nobody: Promise<string> | null = null

  async function inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (running >= AT_ONCE) await new Promise<void>((resolve) => waiting.push(resolve))
    running++
    try {
      return await work()
    } finally {
      running--
      waiting.shift()?.()
    }
  }
  return {
    hash: (password) => inTurn(() => hash(password, COST)),
    async matches(password, stored) {
      nobody ??= hash('nobody has this password', COST)
      const against = stored ?? (await nobody)
      const isRight = await inTurn(() => verify(against, password))
      return stored !== null && isRight
    },
  }
}
