// A tenant scope is a value that only three doors make: a verified token, a verified webhook, and the relay itself
// with a stated reason. Code without one cannot reach tenant data.

declare const brand: unique symbol
export interface TenantScope {
  readonly tenant_id: string
  /** Where it came from, for the log. */
  readonly source: 'token' | 'webhook' | 'relay'
  readonly [brand]: true
}

/** @param tenant_id as read from a verified token, a verified webhook's number route, or the relay's own records */
export function tenantScope(tenant_id: string, source: TenantScope['source']): TenantScope {
  if (!/^[a-z]{2,8}_[0-9A-Za-z]{3,40}$/.test(tenant_id)) throw new Error('A tenant scope needs a tenant id.')
  return Object.freeze({ tenant_id, source }) as TenantScope
}
