// Who may do what. Every route names one of these permissions; a role is a set of them.
import { z } from 'zod'

export const PERMISSIONS = [
  'agents.create',
  'agents.read',
  'agents.update',
  'agents.delete',
  'numbers.read',
  'numbers.sync',
  'numbers.assign',
  'scenarios.manage',
  'consents.manage',
  'calls.read',
  'calls.create',
  'calls.monitor',
  'calls.override',
  'context.update',
  'templates.manage',
  'analytics.read',
  'audit.read',
  'users.manage',
  'keys.manage',
  'tenant.manage',
  'tenant.export',
  'tenant.delete',
  'platform.admin',
] as const
export const Permission = z.enum(PERMISSIONS)
export type Permission = z.infer<typeof Permission>

export const ROLES = ['supervisor', 'agent_manager', 'analyst', 'tenant_admin', 'platform_admin'] as const
export const Role = z.enum(ROLES)
export type Role = z.infer<typeof Role>

/** Source: product text, "Authentication and permissions". */
export const ROLE_PERMISSIONS: Record<Role, readonly Permission[]> = {
  supervisor: [
    'calls.read',
    'calls.monitor',
    'calls.override',
    'context.update',
    'agents.read',
    'numbers.read',
    'analytics.read',
  ],
  agent_manager: [
    'agents.create',
    'agents.read',
    'agents.update',
    'agents.delete',
    'numbers.read',
    'numbers.sync',
    'numbers.assign',
    'scenarios.manage',
    'templates.manage',
    'consents.manage',
    'calls.read',
    'calls.create',
    'calls.monitor',
    'analytics.read',
  ],
  analyst: ['agents.read', 'numbers.read', 'calls.read', 'analytics.read'],
  tenant_admin: PERMISSIONS.filter((permission) => permission !== 'platform.admin'),
  platform_admin: ['platform.admin'],
}

/** The permissions of several roles together, each once. */
export function permissionsOf(roles: readonly Role[]): Permission[] {
  return PERMISSIONS.filter((permission) => roles.some((role) => ROLE_PERMISSIONS[role].includes(permission)))
}
