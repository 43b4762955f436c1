// Requests are timed under the names of their routes, never under their paths.
import { request } from 'node:http'
import { Router } from 'express'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type RequestName, requestNames, timeRequests } from '../../../relay/http/metrics-requests.ts'
import type { Route } from '../../../shared/route.ts'
import { ROUTES } from '../../../shared/routes.ts'
import { fakeClock } from '../../support/fake-clock.ts'
import { appsForTests } from './asked.ts'

const startApp = appsForTests()
const nameOf = requestNames()

describe('the name of a request', () => {
  test.each(Object.entries(ROUTES) as [string, Route][])('%s is found by its method and any ids', (name, route) => {
    const path = route.path.replace(/:\w+/g, 'x_0123456789')
    expect(nameOf(route.method.toUpperCase(), path)).toBe(name)
    expect(nameOf(route.method.toUpperCase(), `${path.toUpperCase()}/`)).toBe(name)
  })

  test('a fixed path is not taken for an id', () => {
    expect(nameOf('GET', '/api/calls/live')).toBe('listLiveCalls')
    expect(nameOf('GET', '/api/calls/CA0')).toBe('getCall')
  })

  test.each([
    ['POST', '/receive_call', 'receive_call'],
    ['POST', '/stream_ended', 'stream_ended'],
    ['GET', '/health/ready', 'health_ready'],
    ['HEAD', '/health/live', 'health_live'],
    ['GET', '/api/openapi.json', 'openapi'],
    ['GET', '/', 'console'],
    ['GET', '/console/assets/index.js', 'console'],
    ['OPTIONS', '/api/agents/agt_1', 'preflight'],
    ['GET', '/receive_call', 'unknown'],
    ['GET', '/api/openapi-json', 'unknown'],
    ['GET', '/consoles', 'unknown'],
    ['PROPFIND', '/', 'unknown'],
    ['GET', '/api/agents/agt_1/versions/2/+13125550142', 'unknown'],
  ])('%s %s is %s', (method, path, name) => expect(nameOf(method, path)).toBe(name))

  test('whatever is asked, the name is one of a list', () => {
    const names = new Set<string>(
      [...Object.keys(ROUTES), 'receive_call', 'call_status', 'call_fallback', 'stream_ended', 'stream_status'].concat([
        'health_live',
        'health_ready',
        'metrics',
        'openapi',
        'api_docs',
        'console',
        'preflight',
        'unknown',
      ]),
    )
    const segment = fc.constantFrom('api', 'agents', 'calls', 'CA0', 'live', 'console', '+13125550142', '', '..', ':x')
    fc.assert(
      fc.property(fc.constantFrom('GET', 'PUT', 'OPTIONS', 'X'), fc.array(segment), (method, path) =>
        names.has(nameOf(method, `/${path.join('/')}`)),
      ),
    )
  })
})

describe('the time of a request', () => {
  type Done = [RequestName, number | 'gone', number]

  async function timed() {
    const done: Done[] = []
    const clock = fakeClock()
    const router = Router()
    router.get('/api/agents', (_req, res) => {
      clock.advance(30)
      res.status(200).json([])
    })
    router.get('/api/agents/:agent_id', (_req, res) => {
      clock.advance(5)
      res.status(404).end()
    })
    // Answers never: whoever asks has to leave.
    let hasArrived = (): void => {}
    const arrived = new Promise<void>((resolve) => {
      hasArrived = resolve
    })
    router.get('/api/calls', () => {
      clock.advance(2_000)
      hasArrived()
    })
    const app = await startApp([timeRequests({ requestDone: (...what) => void done.push(what) }, clock), router])
    return { app, done, arrived }
  }

  test('goes from its first handler to its end, with its status', async () => {
    const { app, done } = await timed()
    await app.get('/api/agents')
    await app.get('/api/agents/agt_0')
    await app.get('/elsewhere')
    await expect
      .poll(() => done)
      .toEqual([
        ['listAgents', 200, 30],
        ['getAgent', 404, 5],
        ['unknown', 404, 0],
      ])
  })

  test('whoever leaves before the answer is counted as gone', async () => {
    const { app, done, arrived } = await timed()
    const asking = request(`${app.url}/api/calls`)
      .on('error', () => {})
      .end()
    await arrived
    asking.destroy()
    await expect.poll(() => done).toEqual([['listCalls', 'gone', 2_000]])
  })
})
