// Access: who is asking, for which tenant, and what they may do.
import { z } from 'zod'
import { Permission, Role } from '../permissions.ts'
import { Id } from '../primitives.ts'
import type { Route } from '../route.ts'

export const User = z.object({ id: Id, email: z.email(), name: z.string() })
export type User = z.infer<typeof User>

export const Membership = z.object({ tenant_id: Id, name: z.string(), roles: z.array(Role) })
export type Membership = z.infer<typeof Membership>

/** What a sign-in, a refresh and a switch of tenant answer. */
export const SignedIn = z.object({
  access_token: z.string(),
  refresh_token: z.string(),
  /** Seconds until the access token is over. */
  expires_in: z.number().int(),
  user: User,
  /** Null only for a platform admin who belongs to no tenant. */
  tenant_id: Id.nullable(),
  tenants: z.array(Membership),
})
export type SignedIn = z.infer<typeof SignedIn>

export const Me = z.object({
  user: User,
  tenant_id: Id.nullable(),
  roles: z.array(Role),
  permissions: z.array(Permission),
  tenants: z.array(Membership),
})
export type Me = z.infer<typeof Me>

export const DemoUser = z.object({
  email: z.email(),
  name: z.string(),
  password: z.string(),
  tenant_id: Id,
  tenant_name: z.string(),
  roles: z.array(Role),
})
export type DemoUser = z.infer<typeof DemoUser>

/** What anyone may know before signing in. */
export const Setup = z.object({
  product: z.literal('phony'),
  version: z.string(),
  multi_tenant: z.boolean(),
  /** Which outside service the built-in simulator stands in for; every screen says so. */
  simulated: z.object({ phone: z.boolean(), model: z.boolean() }),
  /** Users for one-click sign-in; empty outside the demo. */
  demo_users: z.array(DemoUser),
})
export type Setup = z.infer<typeof Setup>

const Password = z.string().min(1).max(200)
const RefreshBody = z.strictObject({ refresh_token: z.string().min(1).max(500) })

export const accessRoutes = {
  getSetup: {
    method: 'get',
    path: '/api/setup',
    permission: 'public',
    response: Setup,
    summary: 'What this relay is, before signing in',
  },
  login: {
    method: 'post',
    path: '/api/auth/login',
    permission: 'public',
    body: z.strictObject({ email: z.email(), password: Password, tenant_id: Id.optional() }),
    response: SignedIn,
    summary: 'Sign in with email and password',
  },
  refresh: {
    method: 'post',
    path: '/api/auth/refresh',
    permission: 'public',
    body: RefreshBody,
    response: SignedIn,
    summary: 'Trade a refresh token for a new access token and a new refresh token',
  },
  logout: {
    method: 'post',
    path: '/api/auth/logout',
    permission: 'public',
    body: RefreshBody,
    response: null,
    summary: 'End this sign-in',
  },
  switchTenant: {
    method: 'post',
    path: '/api/auth/switch-tenant',
    permission: 'signed_in',
    body: z.strictObject({ tenant_id: Id, refresh_token: z.string().min(1).max(500) }),
    response: SignedIn,
    summary: 'Go on in another of your tenants',
  },
  getMe: {
    method: 'get',
    path: '/api/me',
    permission: 'signed_in',
    response: Me,
    summary: 'Who you are here and what you may do',
  },
  createTicket: {
    method: 'post',
    path: '/api/tickets',
    permission: 'signed_in',
    response: z.object({ ticket: z.string(), expires_in: z.number().int() }),
    status: 201,
    summary: 'A one-time ticket that opens one socket',
  },
} as const satisfies Record<string, Route>
