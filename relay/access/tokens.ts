// The two tokens of a sign-in: a short access token that says who you are, and an opaque refresh token that trades
// itself for its successor. Only hashes of refresh tokens are kept, and only of the newest; each carries a mark of ours,
// so that an older one is known for what it is.
import { createHash, createHmac, createSecretKey, timingSafeEqual } from 'node:crypto'
import { jwtVerify, SignJWT } from 'jose'
import { z } from 'zod'
import { Role } from '../../shared/permissions.ts'

/** Seconds at most. Source: data design, "access 10 min". */
export const ACCESS_SECONDS = 600
const ISSUER = 'phony'
const AUDIENCE = 'phony-relay'
const TOLERANCE_SECONDS = 5

const Claims = z.object({
  sub: z.string(),
  sid: z.string(),
  name: z.string(),
  email: z.string(),
  tenant_id: z.string().nullable(),
  roles: z.array(Role),
  permissions: z.array(z.string()),
})
export type AccessClaims = z.infer<typeof Claims>

export interface Tokens {
  /** An access token. @param seconds how long it is good */
  sign(claims: AccessClaims, seconds: number): Promise<string>
  /** @returns null for a token that is forged, over or not ours */
  verify(token: string): Promise<AccessClaims | null>
  /** What a refresh token has behind the id of its sign-in: random bits, and our mark of both. */
  markRefresh(session_id: string, random: string): string
  /** Whether what stands behind the id was marked here, however long ago. */
  isMarkedRefresh(session_id: string, secret: string): boolean
}

/** @param secret at least 32 characters; the algorithm is fixed */
export function createTokens(secret: string): Tokens {
  // Of bytes a key would be made anew for every token.
  const key = createSecretKey(secret, 'utf8')
  // The blank keeps it apart from what an access token has signed: that is base64url and dots.
  const markOf = (session_id: string, random: string): string =>
    createHmac('sha256', key).update(`refresh ${session_id}.${random}`).digest('base64url')
  return {
    sign: ({ sub, ...claims }, seconds) =>
      new SignJWT(claims)
        .setProtectedHeader({ alg: 'HS256', typ: 'at+jwt' })
        .setSubject(sub)
        .setIssuer(ISSUER)
        .setAudience(AUDIENCE)
        .setIssuedAt()
        .setExpirationTime(`${seconds}s`)
        .sign(key),
    async verify(token) {
      try {
        const { payload } = await jwtVerify(token, key, {
          algorithms: ['HS256'],
          typ: 'at+jwt',
          issuer: ISSUER,
          audience: AUDIENCE,
          clockTolerance: TOLERANCE_SECONDS,
        })
        return Claims.parse(payload)
      } catch {
        return null
      }
    },
    markRefresh: (session_id, random) => `${random}.${markOf(session_id, random)}`,
    isMarkedRefresh(session_id, secret) {
      const [random = '', mark = ''] = secret.split('.')
      return sameHash(mark, markOf(session_id, random))
    },
  }
}

export const hashToken = (token: string): string => createHash('sha256').update(token).digest('hex')

/** Same length and same bytes, in constant time. */
export function sameHash(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)]
  return left.length === right.length && timingSafeEqual(left, right)
}
