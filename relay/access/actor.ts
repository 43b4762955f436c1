// Who is asking: made once from a verified token, carried into every service method.
import type { Permission, Role } from '../../shared/permissions.ts'
import type { Route, RouteRequest, RouteResult } from '../../shared/route.ts'
import type { TenantScope } from '../store/tenant-scope.ts'

export interface Actor {
  readonly user: { readonly id: string; readonly name: string; readonly email: string }
  readonly session_id: string
  /** The one door to tenant data; null for a platform admin who is in no tenant. */
  readonly scope: TenantScope | null
  readonly roles: readonly Role[]
  readonly permissions: readonly Permission[]
}
/** An actor within a tenant: what every route with a tenant's permission is handed. */
export interface TenantActor extends Actor {
  readonly scope: TenantScope
}
/** Somebody who has not signed in. */
export interface Anyone {
  readonly ip: string
}

export type ActorOf<R extends Route> = R['permission'] extends 'public'
  ? Anyone
  : R['permission'] extends 'signed_in' | 'platform.admin'
    ? Actor
    : TenantActor
/** A service method that answers a route. */
export type Handler<R extends Route> = (actor: ActorOf<R>, input: RouteRequest<R>) => Promise<RouteResult<R>>

export const isTenantActor = (actor: Actor): actor is TenantActor => actor.scope !== null
