// Sign-in, refresh, sign-out, switching tenants, and one-time tickets for sockets.
import type { DemoUser, SignedIn } from '../../shared/contract/access.ts'
import { type Permission, permissionsOf, type Role } from '../../shared/permissions.ts'
import type { Routes } from '../../shared/routes.ts'
import { RelayError } from '../platform/errors.ts'
import { newId, newSecret } from '../platform/ids.ts'
import { KeptAnswers } from '../platform/kept-answers.ts'
import type { Clock, RateLimiter, SessionRecord, TicketStore } from '../platform/ports.ts'
import type { DocStore } from '../store/doc-store.ts'
import { tenantScope } from '../store/tenant-scope.ts'
import type { TenantRecord } from '../tenants/tenant-records.ts'
import { type UserRecord, users } from './access-records.ts'
import type { Actor, Handler } from './actor.ts'
import { answerWithin } from './answer-within.ts'
import type { LiveSessions } from './live-sessions.ts'
import type { Passwords } from './passwords.ts'
import { ACCESS_SECONDS, hashToken, sameHash, type Tokens } from './tokens.ts'

export interface AccessService {
  getSetup: Handler<Routes['getSetup']>
  login: Handler<Routes['login']>
  refresh: Handler<Routes['refresh']>
  logout: Handler<Routes['logout']>
  switchTenant: Handler<Routes['switchTenant']>
  getMe: Handler<Routes['getMe']>
  createTicket: Handler<Routes['createTicket']>
  /**
   * The actor of an access token, with what they may do now; null also once their sign-in was ended or ran out, the person
   * was disabled or removed, or the tenant suspended. While the store cannot be asked, what the token says holds.
   */
  actorOf(token: string): Promise<Actor | null>
  /** The actor of a one-time ticket, or null; also null once its sign-in was ended or ran out. */
  takeTicket(ticket: string): Promise<Actor | null>
  /** What an actor may do now, whatever their token says. Good as well when the store cannot be asked; never rejects. */
  standingOf(actor: Actor, permission: Permission): Promise<Standing>
}

/** `sign_in_over`: a refresh would be refused. `not_allowed`: it would give roles without the permission. */
export type Standing = 'good' | 'sign_in_over' | 'not_allowed'

export interface SetupFacts {
  version: string
  multi_tenant: boolean
  simulated: { phone: boolean; model: boolean }
  demo_users: DemoUser[]
}

const TICKET_SECONDS = 30
/** How long a refresh token that was just replaced may come once more. */
const GRACE_MS = 10_000
/** What a person may do is asked with every request: it may be so old. */
const ROLES_KEPT_MS = 2_000
/** Longer than a store in good health takes. */
const ROLES_WITHIN_MS = 200
/** A socket waits so long before it opens for what its person may do. */
const STANDING_WITHIN_MS = 1_000
/** Wrong passwords from one place do not keep the person themselves out, who is at another. */
const LOGIN_LIMITS = {
  per_email_and_ip: { points: 10, seconds: 60 },
  per_email: { points: 100, seconds: 60 },
  per_ip: { points: 60, seconds: 60 },
}
/**
 * A console renews every ten minutes, and when its page is loaded; all windows of a person may come back at once. What was
 * never a token of ours is counted by where it comes from, and shuts out nobody there who has one.
 */
const REFRESH_LIMITS = {
  per_session: { points: 30, seconds: 60 },
  per_user: { points: 300, seconds: 60 },
  unknown_per_place: { points: 300, seconds: 60 },
}

export function createAccessService(deps: {
  store: DocStore
  sessions: LiveSessions
  tickets: TicketStore<Actor>
  limiter: RateLimiter
  passwords: Passwords
  tokens: Tokens
  tenantOf: (tenant_id: string) => Promise<TenantRecord | null>
  clock: Clock
  session_ttl_seconds: number
  setup: SetupFacts
}): AccessService {
  const { store, sessions, clock, tokens } = deps
  /** A sign-in that is used goes on: the token is renewed well before the session would end. */
  const access_seconds = Math.min(ACCESS_SECONDS, Math.floor(deps.session_ttl_seconds / 2))
  const kept = new KeptAnswers<{ roles: Role[] | null } | null>(clock, ROLES_KEPT_MS)

  async function limited(key: string, limit: { points: number; seconds: number }): Promise<void> {
    const verdict = await deps.limiter.consume(key, limit)
    if (!verdict.allowed)
      throw new RelayError('RATE_LIMITED', { retry_after_seconds: Math.ceil(verdict.retry_after_ms / 1000) })
  }

  async function memberships(user: UserRecord) {
    const known = await Promise.all(
      user.memberships.map(async ({ tenant_id, roles }) => ({ tenant: await deps.tenantOf(tenant_id), roles })),
    )
    return known.flatMap(({ tenant, roles }) =>
      tenant && tenant.status === 'active' ? [{ tenant_id: tenant.id, name: tenant.name, roles }] : [],
    )
  }

  function rolesIn(user: UserRecord, tenant_id: string | null): Role[] {
    const inTenant = user.memberships.find((membership) => membership.tenant_id === tenant_id)?.roles ?? []
    return [...new Set([...inTenant, ...user.platform_roles])]
  }

  async function answer(user: UserRecord, session: SessionRecord, refresh_token: string): Promise<SignedIn> {
    const roles = rolesIn(user, session.tenant_id)
    const claims = {
      sub: user._id,
      sid: session.session_id,
      name: user.name,
      email: user.email,
      tenant_id: session.tenant_id,
      roles,
      permissions: permissionsOf(roles),
    }
    return {
      access_token: await tokens.sign(claims, access_seconds),
      refresh_token,
      expires_in: access_seconds,
      user: { id: user._id, email: user.email, name: user.name },
      tenant_id: session.tenant_id,
      tenants: await memberships(user),
    }
  }

  /** `session_id.secret`: the id finds the family, the secret is compared by its hash. */
  function partsOf(refresh_token: string): { session_id: string; secret: string } {
    const [session_id = '', ...secret] = refresh_token.split('.')
    return { session_id, secret: secret.join('.') }
  }

  async function sessionOf(refresh_token: string): Promise<{ session: SessionRecord | null; secret: string }> {
    const { session_id, secret } = partsOf(refresh_token)
    return { session: await sessions.get(session_id), secret }
  }

  /** Before anything is read for its sake. @param place an address, or who is signed in */
  async function limitToken(place: string, refresh_token: string): Promise<void> {
    const { session_id, secret } = partsOf(refresh_token)
    // The id alone is no secret: counted without the mark, anybody could keep others from renewing.
    if (tokens.isMarkedRefresh(session_id, secret))
      await limited(`refresh:session:${session_id}`, REFRESH_LIMITS.per_session)
    else await limited(`refresh:unknown:${place}`, REFRESH_LIMITS.unknown_per_place)
  }

  /** Whether it is a refresh token of this sign-in, or was one. */
  function isOfFamily({ session_id, token_hash, previous }: SessionRecord, secret: string): boolean {
    const known = [token_hash, ...(previous ? [previous.token_hash] : [])]
    return known.some((hash) => sameHash(hash, hashToken(secret))) || tokens.isMarkedRefresh(session_id, secret)
  }

  /** Whether a person may be signed in to a tenant now; without one, as a platform admin. */
  async function mayBeIn(user: UserRecord, tenant_id: string | null): Promise<boolean> {
    if (user.disabled_at) return false
    if (tenant_id === null) return user.platform_roles.length > 0
    return (await memberships(user)).some((membership) => membership.tenant_id === tenant_id)
  }

  /** What a person is in a tenant, as the store has it: `roles` is null for one who may not be there. */
  async function readRoles(user_id: string, tenant_id: string | null): Promise<{ roles: Role[] | null }> {
    const user = await users(store).findOne({ _id: user_id })
    return { roles: user && (await mayBeIn(user, tenant_id)) ? rolesIn(user, tenant_id) : null }
  }

  /** The same, as it was at most two seconds ago; null when the store does not say. */
  const rolesNow = (user_id: string, tenant_id: string | null) =>
    kept.get(`${user_id}/${tenant_id}`, () => answerWithin(clock, ROLES_WITHIN_MS, readRoles(user_id, tenant_id)))

  async function standing({ session_id, user: { id }, scope }: Actor, permission: Permission): Promise<Standing> {
    if (!(await sessions.goesOnNow(session_id))) return 'sign_in_over'
    const { roles } = await readRoles(id, scope?.tenant_id ?? null)
    if (roles === null) return 'sign_in_over'
    return permissionsOf(roles).includes(permission) ? 'good' : 'not_allowed'
  }

  /** Ends the whole family, so that its sockets close too. */
  async function endSession({ session_id }: SessionRecord, detail?: string): Promise<never> {
    await sessions.revoke(session_id)
    throw new RelayError('REFRESH_REFUSED', detail ? { detail } : {})
  }

  /**
   * Trades a refresh token. The family ends when a token is used twice after the grace, because then somebody else has
   * it, and when the person was disabled or removed, or the tenant suspended. What never was a token changes nothing:
   * the id of a sign-in is no secret.
   */
  async function rotate(refresh_token: string, tenant_id?: string): Promise<SignedIn> {
    const { session, secret } = await sessionOf(refresh_token)
    if (!session || !isOfFamily(session, secret)) throw new RelayError('REFRESH_REFUSED')
    await limited(`refresh:user:${session.user_id}`, REFRESH_LIMITS.per_user)
    const hash = hashToken(secret)
    const { previous } = session
    // Its answer may have been lost: it gets the same successor once more.
    const again =
      previous !== null &&
      tenant_id === undefined &&
      sameHash(previous.token_hash, hash) &&
      clock.now().getTime() - previous.replaced_at_ms <= GRACE_MS
    if (!again && !sameHash(session.token_hash, hash)) return endSession(session)
    const user = await users(store).findOne({ _id: session.user_id })
    const goes_on_in = tenant_id ?? session.tenant_id
    if (!user || !(await mayBeIn(user, goes_on_in)))
      return endSession(session, 'You no longer have access here; sign in again, or ask an admin.')
    if (again) return answer(user, session, `${session.session_id}.${previous.successor}`)
    const successor = tokens.markRefresh(session.session_id, newSecret())
    const next: SessionRecord = {
      ...session,
      tenant_id: goes_on_in,
      token_hash: hashToken(successor),
      previous: { token_hash: hash, replaced_at_ms: clock.now().getTime(), successor },
    }
    if (!(await sessions.replace(next, session.token_hash, deps.session_ttl_seconds)))
      return rotate(refresh_token, tenant_id)
    return answer(user, next, `${session.session_id}.${successor}`)
  }

  return {
    async getSetup() {
      return { product: 'phony' as const, ...deps.setup }
    },

    async login({ ip }, { body }) {
      const email = body.email.toLowerCase()
      await limited(`login:ip:${ip}`, LOGIN_LIMITS.per_ip)
      await limited(`login:email-ip:${ip} ${email}`, LOGIN_LIMITS.per_email_and_ip)
      await limited(`login:email:${email}`, LOGIN_LIMITS.per_email)
      const user = await users(store).findOne({ email })
      if (!(await deps.passwords.matches(body.password, user?.password_hash ?? null)) || !user || user.disabled_at)
        throw new RelayError('SIGN_IN_REFUSED')
      const tenants = await memberships(user)
      if (body.tenant_id !== undefined && !tenants.some((tenant) => tenant.tenant_id === body.tenant_id))
        throw new RelayError('SIGN_IN_REFUSED')
      if (tenants.length === 0 && user.platform_roles.length === 0) throw new RelayError('SIGN_IN_REFUSED')
      const session_id = newId('ses', clock.now())
      const secret = tokens.markRefresh(session_id, newSecret())
      const session: SessionRecord = {
        session_id,
        user_id: user._id,
        tenant_id: body.tenant_id ?? tenants[0]?.tenant_id ?? null,
        token_hash: hashToken(secret),
        previous: null,
        created_at_ms: clock.now().getTime(),
      }
      await sessions.create(session, deps.session_ttl_seconds)
      return answer(user, session, `${session_id}.${secret}`)
    },

    async refresh({ ip }, { body }) {
      await limitToken(ip, body.refresh_token)
      return rotate(body.refresh_token)
    },

    async logout({ ip }, { body }) {
      await limitToken(ip, body.refresh_token)
      const { session, secret } = await sessionOf(body.refresh_token)
      if (session && isOfFamily(session, secret)) await sessions.revoke(session.session_id)
    },

    async switchTenant(actor, { body }) {
      await limitToken(actor.user.id, body.refresh_token)
      const user = await users(store).findOne({ _id: actor.user.id })
      const tenants = user ? await memberships(user) : []
      if (!tenants.some((tenant) => tenant.tenant_id === body.tenant_id)) throw new RelayError('NOT_FOUND')
      const { session } = await sessionOf(body.refresh_token)
      if (session?.user_id !== actor.user.id) throw new RelayError('REFRESH_REFUSED')
      return rotate(body.refresh_token, body.tenant_id)
    },

    async getMe(actor) {
      const user = await users(store).findOne({ _id: actor.user.id })
      if (!user) throw new RelayError('NOT_SIGNED_IN')
      return {
        user: { id: user._id, email: user.email, name: user.name },
        tenant_id: actor.scope?.tenant_id ?? null,
        roles: [...actor.roles],
        permissions: [...actor.permissions],
        tenants: await memberships(user),
      }
    },

    async createTicket(actor) {
      if (!(await sessions.goesOnNow(actor.session_id))) throw new RelayError('NOT_SIGNED_IN')
      const ticket = newSecret()
      await deps.tickets.put(ticket, actor, TICKET_SECONDS)
      return { ticket, expires_in: TICKET_SECONDS }
    },

    async actorOf(token) {
      const claims = await tokens.verify(token)
      if (!claims || !(await sessions.goesOn(claims.sid))) return null
      const now = await rolesNow(claims.sub, claims.tenant_id)
      if (now?.roles === null) return null
      const roles = now?.roles ?? claims.roles
      return {
        user: { id: claims.sub, name: claims.name, email: claims.email },
        session_id: claims.sid,
        scope: claims.tenant_id === null ? null : tenantScope(claims.tenant_id, 'token'),
        roles,
        permissions: permissionsOf(roles),
      }
    },

    async takeTicket(ticket) {
      const actor = await deps.tickets.take(ticket)
      return actor && (await sessions.goesOnNow(actor.session_id)) ? actor : null
    },

    standingOf: async (actor, permission) =>
      (await answerWithin(clock, STANDING_WITHIN_MS, standing(actor, permission))) ?? 'good',
  }
}
