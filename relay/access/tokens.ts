// The two tokens of a sign-in: a short access token that says who you are, and an opaque refresh token that trades
// itself for its successor. Only hashes of refresh tokens are kept.
import { createHash, createSecretKey, timingSafeEqual } from 'node:crypto'
import { jwtVerify, SignJWT } from 'jose'
import { z } from 'zod'
import { Role } from '../../shared/permissions.ts'

/** Seconds. Source: data design, "access 10 min". */
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

export interface AccessTokens {
  sign(claims: AccessClaims): Promise<string>
  /** @returns null for a token that is forged, over or not ours */
  verify(token: string): Promise<AccessClaims | null>
}

/** @param secret at least 32 characters; the algorithm is fixed */
export function createAccessTokens(secret: string): AccessTokens {
  // Of bytes a key would be made anew for every token.
  const key = createSecretKey(secret, 'utf8')
  return {
    sign: ({ sub, ...claims }) =>
      new SignJWT(claims)
        .setProtectedHeader({ alg: 'HS256', typ: 'at+jwt' })
        .setSubject(sub)
        .setIssuer(ISSUER)
        .setAudience(AUDIENCE)
        .setIssuedAt()
        .setExpirationTime(`${ACCESS_SECONDS}s`)
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
  }
}

export const hashToken = (token: string): string => createHash('sha256').update(token).digest('hex')

/** Same length and same bytes, in constant time. */
export function sameHash(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)]
  return left.length === right.length && timingSafeEqual(left, right)
}
