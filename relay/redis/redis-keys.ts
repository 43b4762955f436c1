// The names of everything in Redis, made here and nowhere else: the prefix, then the tenant, then what it is. What
// belongs to no tenant alone has `-` in the tenant's place. Redis finds a tenant's keys by `<prefix><tenant id>:*`.
import { createHash } from 'node:crypto'

export interface RedisKeys {
  /** A key or channel of one tenant. */
  tenantKey(tenant_id: string, ...parts: string[]): string
  /** A key or channel of the whole installation. */
  sharedKey(...parts: string[]): string
  /**
   * The key of a text that others made up: of the tenant named in one of its first two parts (`api:tnt_1`,
   * `tnt_1:usr_2:…`), else of the installation. Only its hash is shown: an email address may be in it.
   */
  textKey(kind: string, text: string): string
  /** A key of whoever such a text belongs to. */
  ownersKey(text: string, ...parts: string[]): string
}

const TENANT_ID = /^tnt?_[0-9A-Za-z]+$/

export function redisKeys(prefix: string): RedisKeys {
  const keys: RedisKeys = {
    tenantKey: (tenant_id, ...parts) => prefix + [tenant_id, ...parts].map(escaped).join(':'),
    sharedKey: (...parts) => `${prefix}-:${parts.map(escaped).join(':')}`,
    textKey: (kind, text) => keys.ownersKey(text, kind, hashOf(text)),
    ownersKey(text, ...parts) {
      const tenant_id = text.split(':', 2).find((part) => TENANT_ID.test(part))
      return tenant_id === undefined ? keys.sharedKey(...parts) : keys.tenantKey(tenant_id, ...parts)
    },
  }
  return keys
}

/** A secret or a personal text as it may lie in a key. */
export const hashOf = (text: string): string => createHash('sha256').update(text).digest('base64url')

/** No part can look like two, and no tenant like the installation. */
const escaped = (part: string): string => part.replace(/[%:]|^-$/g, (sign) => `%${sign.charCodeAt(0).toString(16)}`)
