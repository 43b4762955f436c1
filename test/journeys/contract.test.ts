// The contract is data, so these are loops: every route against whoever must not get in and whatever must not pass.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { OUTCOMES } from '../../shared/contract/calls.ts'
import { ERRORS, Problem } from '../../shared/errors.ts'
import { PERMISSIONS, ROLE_PERMISSIONS, ROLES } from '../../shared/permissions.ts'
import type { Route } from '../../shared/route.ts'
import { ROUTES, type RouteName } from '../../shared/routes.ts'
import { type Client, NORTHWIND, startTestRelay, type TestRelay, until } from '../support/running-relay.ts'

let test: TestRelay
let clients: Record<'dana' | 'priya' | 'ines' | 'sam' | 'jonas', Client>
/** Ids of things that belong to Northwind, asked for by people of Acme. */
let foreign: { agent_id: string; call_sid: string }
const NEVER = { agent_id: 'agt_00000000000000000000000000', call_sid: `CA${'f'.repeat(32)}` }

const routes = Object.entries(ROUTES) as [RouteName, Route][]
const guarded = routes.filter(([, route]) => route.permission !== 'public')
const withParams = guarded.filter(([, route]) => route.params)
const withBody = routes.filter(([, route]) => route.body)

/** A body that fits each route that has one: a new one without an example here fails the suite. */
const BODIES: Record<string, unknown> = {
  login: { email: 'dana@acme.example', password: 'demo-dana' },
  refresh: { refresh_token: 'a.b' },
  logout: { refresh_token: 'a.b' },
  switchTenant: { tenant_id: NORTHWIND, refresh_token: 'a.b' },
  createAgent: { name: 'Night line', type: 'inbound', system_prompt: 'You answer the night line.' },
  replaceAgent: { name: 'Night line', type: 'inbound', system_prompt: 'You answer the night line.' },
  changeAgent: { name: 'Night line' },
  updateAgentContext: { context: { a: 1 } },
  syncNumbers: { dry_run: true },
  assignNumbers: { assignments: [{ phone_number: '+13125550112', agent_id: NEVER.agent_id }] },
  releaseNumbers: { phone_numbers: ['+13125550112'] },
  hangUpCall: {},
  overrideContext: { context: { a: 1 } },
  rollbackContext: { to_version: 0 },
}
/** Lists in lists: so many of them, the innermost empty. */
const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth)
const paramsOf = (route: Route, ids: { agent_id: string; call_sid: string }) =>
  Object.fromEntries(Object.keys(route.params?.shape ?? {}).map((key) => [key, ids[key as 'agent_id']]))
const inputOf = (name: RouteName, route: Route, ids = NEVER) =>
  ({ params: paramsOf(route, ids), ...(route.body ? { body: BODIES[name] } : {}) }) as never

/** Somebody of Acme who may do it, or nobody. */
function acmeWith(route: Route): Client | undefined {
  const of = (client: Client, roles: (keyof typeof ROLE_PERMISSIONS)[]) =>
    roles.some((role) => ROLE_PERMISSIONS[role].includes(route.permission as never)) ? client : undefined
  return of(clients.dana, ['supervisor']) ?? of(clients.priya, ['agent_manager'])
}

beforeAll(async () => {
  test = await startTestRelay()
  const [dana, priya, ines, sam, jonas] = await Promise.all([
    test.as('dana'),
    test.as('priya'),
    test.as('ines'),
    test.as('sam'),
    test.as('jonas'),
  ])
  clients = { dana, priya, ines, sam, jonas }
  const agent = (await sam.ok('listAgents', { query: {} })).items[0]!
  await sam.ok('changeAgent', { params: { agent_id: agent.id }, body: { is_active: false } })
  const call = test.relay.simulation.network!.placeCall({ from: '+14155550142', to: agent.phone_numbers[0]! })
  await until(async () => (await sam.call('getCall', { params: { call_sid: call.call_sid } })).status === 200)
  foreign = { agent_id: agent.id, call_sid: call.call_sid }
}, 30_000)
afterAll(() => test.close())

describe('every route', () => {
  it('has an example body here when it takes one', () =>
    expect(withBody.filter(([name]) => BODIES[name] === undefined).map(([name]) => name)).toEqual([]))

  it.each(routes)('%s names a permission and has strict input', (_name, route) => {
    expect(['public', 'signed_in', ...PERMISSIONS]).toContain(route.permission)
    for (const part of [route.body, route.query, route.params]) {
      if (part)
        expect(JSON.stringify(z.toJSONSchema(part, { io: 'input', unrepresentable: 'any' }))).toContain(
          '"additionalProperties":false',
        )
    }
  })

  it.each(guarded)('%s refuses no token, a forged one and one of another kind', async (name, route) => {
    for (const access_token of [
      '',
      'x',
      `${clients.dana.access_token.slice(0, -4)}AAAA`,
      clients.dana.refresh_token,
      'eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.',
    ]) {
      const answer = await clients.dana.call(name, inputOf(name, route), {
        authorization: access_token ? `Bearer ${access_token}` : '',
      })
      expect([answer.status, Problem.parse(answer.body).code]).toEqual([401, 'NOT_SIGNED_IN'])
    }
  })

  it.each(guarded.filter(([, route]) => route.permission !== 'signed_in'))(
    '%s refuses a role without its permission, before it looks at anything',
    async (name, route) => {
      for (const [who, role] of [
        ['dana', 'supervisor'],
        ['priya', 'agent_manager'],
        ['ines', 'analyst'],
      ] as const) {
        if (ROLE_PERMISSIONS[role].includes(route.permission as never)) continue
        const answer = await clients[who].call(name, {
          params: paramsOf(route, NEVER),
          body: route.body ? { wrong: true } : undefined,
        } as never)
        expect([answer.status, (answer.body as unknown as Problem).code]).toEqual([403, 'NOT_ALLOWED'])
      }
    },
  )

  it.each(withParams)('%s: a foreign id does not exist, and answers as an unknown one does', async (name, route) => {
    const client = acmeWith(route)
    if (!client) throw new Error(`Nobody of Acme may use ${name}: add somebody to this test.`)
    const answers = await Promise.all([foreign, NEVER].map((ids) => client.call(name, inputOf(name, route, ids))))
    const [theirs, none] = answers.map(({ body }) => ({ ...(body as unknown as Problem), instance: '' }))
    expect([answers[0]!.status, theirs!.status]).toEqual([404, 404])
    expect(theirs).toEqual(none)
  })

  it.each(withParams)('%s: an id that is none does not exist either', async (name, route) => {
    const answer = await acmeWith(route)!.call(name, inputOf(name, route, { agent_id: '../../x', call_sid: 'CA1' }))
    expect(answer.status).toBe(404)
  })

  it.each(withBody)(
    '%s refuses what is not JSON, what is too large, what is of another form and what is unknown',
    async (name, route) => {
      const client = acmeWith(route) ?? clients.dana
      const path = route.path.replace(/:(\w+)/g, (_, key: string) => NEVER[key as 'agent_id'])
      const send = (body: string) =>
        fetch(`${test.url}${path}`, {
          method: route.method.toUpperCase(),
          headers: { 'content-type': 'application/json', authorization: `Bearer ${client.access_token}` },
          body,
        })
      const codes = await Promise.all(
        [
          send('{'),
          send(JSON.stringify({ x: 'y'.repeat(300_000) })),
          send('[]'),
          send('"text"'),
          send(JSON.stringify({ ...(BODIES[name] as object), tenant_id: { $ne: null }, surprise: 1 })),
        ].map(async (sent) => {
          const answer = await sent
          return [answer.status, Problem.parse(await answer.json()).code]
        }),
      )
      expect(codes.slice(0, 2)).toEqual([
        [400, 'BODY_MALFORMED'],
        [413, 'BODY_TOO_LARGE'],
      ])
      for (const code of codes.slice(2)) expect(code).toEqual([422, 'BODY_INVALID'])
    },
  )

  it.each(routes.filter(([, route]) => route.method !== 'get'))(
    '%s refuses JSON that is nested without end, and names the field',
    async (name, route) => {
      const client = acmeWith(route) ?? clients.dana
      const path = route.path.replace(/:(\w+)/g, (_, key: string) => NEVER[key as 'agent_id'])
      // What is that deep is over eight kilobytes: more than anyone may send who has not signed in.
      const deepest = route.permission === 'public' ? [] : [40_000]
      for (const depth of [33, 2_000, ...deepest]) {
        const body = JSON.stringify({ ...(BODIES[name] as object), fine: 1, deep: 0 })
        const answer = await fetch(`${test.url}${path}`, {
          method: route.method.toUpperCase(),
          headers: {
            'content-type': 'application/json',
            authorization: `Bearer ${client.access_token}`,
            'idempotency-key': `deep-${name}-${depth}`,
          },
          body: body.replace('"deep":0', `"deep":${nested(depth)}`),
        })
        expect([depth, answer.status, Problem.parse(await answer.json())]).toMatchObject([
          depth,
          422,
          { code: 'BODY_INVALID', errors: [{ pointer: '/deep', detail: 'Nested over 32 levels deep.' }] },
        ])
      }
    },
  )

  it('free JSON may be 32 levels deep, also in its emptiest place', async () => {
    const levels = (depth: number) => JSON.parse(`{"a":${nested(depth - 1)}}`)
    const body = { ...(BODIES.createAgent as object), type: 'outbound', context_data: levels(32) } as never
    const made = await clients.priya.ok('createAgent', { body })
    expect(made.context_data).toEqual(levels(32))
    expect(
      await clients.priya.call('createAgent', { body: { ...(body as object), context_data: levels(33) } as never }),
    ).toMatchObject({ status: 422, body: { errors: [{ pointer: '/context_data' }] } })
    await clients.priya.ok('deleteAgent', { params: { agent_id: made.id } })
  })

  it('ending a call takes every outcome but the one that says it never reached its agent', async () => {
    const end = (outcome: string) =>
      clients.dana.call('hangUpCall', { params: { call_sid: NEVER.call_sid }, body: { outcome } as never })
    for (const outcome of OUTCOMES) {
      const answer = await end(outcome)
      expect([outcome, answer.status]).toEqual([outcome, outcome === 'refused' ? 422 : 404])
    }
    expect((await end('refused')).body).toMatchObject({ errors: [{ pointer: '/outcome' }] })
  })

  it('is in the OpenAPI document, and nothing else is', async () => {
    const document = (await (await fetch(`${test.url}/api/openapi.json`)).json()) as {
      openapi: string
      paths: Record<string, Record<string, { operationId: string }>>
    }
    const served = Object.values(document.paths).flatMap((path) =>
      Object.values(path).map((operation) => operation.operationId),
    )
    expect(served.sort()).toEqual(routes.map(([name]) => name).sort())
    expect((await (await fetch(`${test.url}/api/docs`)).text()).length).toBeGreaterThan(10_000)
  })
})

describe('sealed tenants', () => {
  it('a foreign agent in a body does not exist, and nothing is changed', async () => {
    const answer = await clients.priya.call('assignNumbers', {
      body: { assignments: [{ phone_number: '+13125550112', agent_id: foreign.agent_id }] },
    })
    expect(answer.status).toBe(404)
    expect(
      (await clients.priya.ok('listNumbers', { query: {} })).items.find(
        (number) => number.phone_number === '+13125550112',
      ),
    ).toMatchObject({ status: 'available', assigned_agent: null })
  })

  it('a foreign number is not among ours', async () => {
    const own = (await clients.priya.ok('listAgents', { query: {} })).items[0]!
    const answer = await clients.priya.call('assignNumbers', {
      body: { assignments: [{ phone_number: '+12125550151', agent_id: own.id }] },
    })
    expect(answer).toMatchObject({ status: 404, body: { code: 'NUMBER_NOT_OURS' } })
  })

  it('lists, filters and cursors of one tenant never show another', async () => {
    const theirs = await clients.sam.ok('listAgents', { query: { limit: 1 } })
    expect(theirs.next_cursor).not.toBeNull()
    const ours = await clients.priya.ok('listAgents', { query: { cursor: theirs.next_cursor! } })
    for (const list of [
      ours.items,
      (await clients.priya.ok('listAgents', { query: {} })).items,
      (await clients.dana.ok('listCalls', { query: { agent_id: foreign.agent_id } })).items,
    ]) {
      expect(list.every((item) => item.tenant_id === clients.priya.tenant_id)).toBe(true)
    }
  })

  it('an event socket of one tenant is closed when it names another', async () => {
    const { WebSocket } = await import('ws')
    const code = await new Promise((resolve) =>
      new WebSocket(`${test.url.replace('http', 'ws')}/events/ws?tenant_id=${NORTHWIND}`, {
        headers: { authorization: `Bearer ${clients.dana.access_token}` },
      }).on('close', resolve),
    )
    expect(code).toBe(4403)
  })

  it('a person of two tenants switches, and sees only where they are', async () => {
    const switched = await clients.jonas.ok('switchTenant', {
      body: { tenant_id: NORTHWIND, refresh_token: clients.jonas.refresh_token },
    })
    expect(switched.tenant_id).toBe(NORTHWIND)
    expect(
      (
        await clients.dana.call('switchTenant', {
          body: { tenant_id: NORTHWIND, refresh_token: clients.dana.refresh_token },
        })
      ).status,
    ).toBe(404)
  })
})

describe('permissions', () => {
  it('every role is a subset of what there is, and an analyst can change nothing', () => {
    for (const role of ROLES) for (const permission of ROLE_PERMISSIONS[role]) expect(PERMISSIONS).toContain(permission)
    const unsafe = routes.filter(
      ([, route]) => route.method !== 'get' && ROLE_PERMISSIONS.analyst.includes(route.permission as never),
    )
    expect(unsafe.map(([name]) => name)).toEqual([])
  })
})

describe('errors', () => {
  it('every code has a status and words', () => {
    for (const facts of Object.values(ERRORS))
      expect([facts.status >= 400, facts.meaning.endsWith('.')]).toEqual([true, true])
  })
  it('every code is used in the relay', async () => {
    const { readFileSync, readdirSync } = await import('node:fs')
    const read = (folder: string): string =>
      readdirSync(folder, { withFileTypes: true })
        .map((entry) =>
          entry.isDirectory()
            ? read(`${folder}/${entry.name}`)
            : entry.name.endsWith('.ts')
              ? readFileSync(`${folder}/${entry.name}`, 'utf8')
              : '',
        )
        .join('\n')
    const code = read('relay')
    expect(Object.keys(ERRORS).filter((name) => !code.includes(`'${name}'`))).toEqual([])
  })
})
