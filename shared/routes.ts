// Every route of the API, by name. Adding a noun is one line here.
import { accessRoutes } from './contract/access.ts'
import { agentRoutes } from './contract/agents.ts'
import { analyticsRoutes } from './contract/analytics.ts'
import { callRoutes } from './contract/calls.ts'
import { contextRoutes } from './contract/context.ts'
import { numberRoutes } from './contract/numbers.ts'
import { tenantRoutes } from './contract/tenants.ts'

export const ROUTES = {
  ...accessRoutes,
  ...tenantRoutes,
  ...agentRoutes,
  ...numberRoutes,
  ...callRoutes,
  ...contextRoutes,
  ...analyticsRoutes,
} as const

export type Routes = typeof ROUTES
export type RouteName = keyof Routes
