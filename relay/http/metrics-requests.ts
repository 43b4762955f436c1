// Times every request under the name of its route: names come from the contract, so that no id or number of anyone's in
// a path becomes a label, and strangers who ask for made-up addresses share one.
import type { RequestHandler } from 'express'
import type { Route } from '../../shared/route.ts'
import { ROUTES, type RouteName } from '../../shared/routes.ts'
import type { Clock } from '../platform/ports.ts'
import type { Metrics } from './metrics.ts'

/** What is answered beside the contract. */
const BESIDE = [
  ['post', '/receive_call', 'receive_call'],
  ['post', '/call_status', 'call_status'],
  ['post', '/call_fallback', 'call_fallback'],
  ['post', '/stream_ended', 'stream_ended'],
  ['post', '/stream_status', 'stream_status'],
  ['get', '/health/live', 'health_live'],
  ['get', '/health/ready', 'health_ready'],
  ['get', '/metrics', 'metrics'],
  ['get', '/api/openapi.json', 'openapi'],
  ['get', '/api/docs', 'api_docs'],
  ['get', '/', 'console'],
] as const
export type RequestName = RouteName | (typeof BESIDE)[number][2] | 'console' | 'preflight' | 'unknown'

/** Stands before everything that answers. */
export function timeRequests(
  metrics: Pick<Metrics, 'requestDone'>,
  clock: Pick<Clock, 'monotonic_ms'>,
): RequestHandler {
  const nameOf = requestNames()
  return (req, res, next) => {
    const began_ms = clock.monotonic_ms()
    const name = nameOf(req.method, req.path)
    res.once('close', () =>
      metrics.requestDone(name, res.writableFinished ? res.statusCode : 'gone', clock.monotonic_ms() - began_ms),
    )
    next()
  }
}

/** Matches as the routes are bound: the first one that fits, capitals and a slash at the end being nothing. */
export function requestNames(): (method: string, path: string) => RequestName {
  const contract = Object.entries(ROUTES).map(
    ([name, { method, path }]: [string, Route]) => [method, path, name] as const,
  )
  const known = [...BESIDE, ...contract].map(([method, path, name]) => ({
    method,
    pattern: patternOf(path),
    name: name as RequestName,
  }))
  return (method, path) => {
    if (method === 'OPTIONS') return path.startsWith('/api/') ? 'preflight' : 'unknown'
    const asked = method === 'HEAD' ? 'get' : method.toLowerCase()
    const found = known.find((route) => route.method === asked && route.pattern.test(path))
    if (found) return found.name
    return asked === 'get' && /^\/console(\/|$)/i.test(path) ? 'console' : 'unknown'
  }
}

function patternOf(path: string): RegExp {
  const escaped = path.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replace(/:\w+/g, '[^/]+')
  return new RegExp(`^${path === '/' ? '' : escaped}/?$`, 'i')
}
