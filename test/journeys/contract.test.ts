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
let clients: Record<'dana' | 'priya' | 'ines' | 'sam' | 'jonas' | 'admin', Client>
/** Ids of things that belong to Northwind, asked for by people of Acme. */
let foreign: Ids
const NEVER = {
  agent_id: 'agt_00000000000000000000000000',
  call_sid: `CA${'f'.repeat(32)}`,
  tenant_id: 'tnt_00000000000000000000000000',
}
type Ids = typeof NEVER

const routes = Object.entries(ROUTES) as [RouteName, Route][]
const guarded = routes.filter(([, route]) => route.permission !== 'public')
const withParams = guarded.filter(([, route]) => route.params)
const withBody = routes.filter(([, route]) => route.body)
const lists = guarded.filter(([, route]) => 'cursor' in (route.query?.shape ?? {}))

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
  changeTenantLimits: { agents: 12 },
}
const hasContext = (route: Route): boolean =>
  route.body instanceof z.ZodObject && ('context' in route.body.shape || 'context_data' in route.body.shape)
/** Lists in lists: so many of them, the innermost empty. */
const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth)
const paramsOf = (route: Route, ids: Ids) =>
  Object.fromEntries(Object.keys(route.params?.shape ?? {}).map((key) => [key, ids[key as 'agent_id']]))
const inputOf = (name: RouteName, route: Route, ids = NEVER) =>
  ({ params: paramsOf(route, ids), ...(route.body ? { body: BODIES[name] } : {}) }) as never

/** Somebody of Acme who may do it, a platform admin, or nobody. */
function whoMay(route: Route): Client | undefined {
  const of = (client: Client, roles: (keyof typeof ROLE_PERMISSIONS)[]) =>
    roles.some((role) => ROLE_PERMISSIONS[role].includes(route.permission as never)) ? client : undefined
  return (
    of(clients.dana, ['supervisor']) ?? of(clients.priya, ['agent_manager']) ?? of(clients.admin, ['platform_admin'])
  )
}

beforeAll(async () => {
  test = await startTestRelay()
  await test.addPlatformAdmin()
  const [dana, priya, ines, sam, jonas] = await Promise.all([
    test.as('dana'),
    test.as('priya'),
    test.as('ines'),
    test.as('sam'),
    test.as('jonas'),
  ])
  clients = { dana, priya, ines, sam, jonas, admin: await test.asPlatformAdmin() }
  const agent = (await sam.ok('listAgents', { query: {} })).items[0]!
  await sam.ok('changeAgent', { params: { agent_id: agent.id }, body: { is_active: false } })
  const call = test.relay.simulation.network!.placeCall({ from: '+14155550142', to: agent.phone_numbers[0]! })
  await until(async () => (await sam.call('getCall', { params: { call_sid: call.call_sid } })).status === 200)
  foreign = { ...NEVER, agent_id: agent.id, call_sid: call.call_sid }
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
    const client = whoMay(route)
    if (!client) throw new Error(`Nobody may use ${name}: add somebody to this test.`)
    const answers = await Promise.all([foreign, NEVER].map((ids) => client.call(name, inputOf(name, route, ids))))
    const [theirs, none] = answers.map(({ body }) => ({ ...(body as unknown as Problem), instance: '' }))
    expect([answers[0]!.status, theirs!.status]).toEqual([404, 404])
    expect(theirs).toEqual(none)
  })

  it.each(withParams)('%s: an id that is none does not exist either', async (name, route) => {
    const answer = await whoMay(route)!.call(
      name,
      inputOf(name, route, { agent_id: '../../x', call_sid: 'CA1', tenant_id: '../x' }),
    )
    expect(answer.status).toBe(404)
  })

  it.each(withBody)(
    '%s refuses what is not JSON, what is too large, what is of another form and what is unknown',
    async (name, route) => {
      const client = whoMay(route) ?? clients.dana
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
      const client = whoMay(route) ?? clients.dana
      const path = route.path.replace(/:(\w+)/g, (_, key: string) => NEVER[key as 'agent_id'])
      // What is that deep has eighty kilobytes: more than any body may have that holds no context.
      const deepest = hasContext(route) ? [40_000] : []
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

  it.each(['getAnalytics', 'listCalls'] as const)(
    '%s takes periods of the years 1970 to 9998, and of no other',
    async (name) => {
      const ask = (start: string, end: string) => clients.dana.call(name, { query: { start, end } })
      for (const [start, end] of [
        ['1970-01-01T00:00:00Z', '1970-01-02T00:00:00Z'],
        ['9998-12-30T00:00:00Z', '9998-12-31T23:59:59Z'],
      ] as const)
        expect((await ask(start, end)).status).toBe(200)
      const { status, body } = await ask('0000-01-01T00:00:00Z', '9999-12-31T00:00:00Z')
      const detail = 'Name a year from 1970 to 9998.'
      expect([status, body]).toMatchObject([
        422,
        {
          errors: [
            { pointer: '/query/start', detail },
            { pointer: '/query/end', detail },
          ],
        },
      ])
    },
  )

  it('analytics takes days of those years, in every time zone', async () => {
    const ask = async (start: string, end: string, time_zone: string) =>
      (await clients.dana.call('getAnalytics', { query: { start, end, time_zone } })).status
    for (const time_zone of ['Pacific/Kiritimati', 'Etc/GMT+12']) {
      expect(await ask('1970-01-01', '1970-01-02', time_zone)).toBe(200)
      expect(await ask('9998-12-30', '9998-12-31', time_zone)).toBe(200)
      expect(await ask('9999-12-30', '9999-12-31', time_zone)).toBe(422)
    }
  })

  it('describes free JSON as an object of anything, in place', async () => {
    const text = await (await fetch(`${test.url}/api/openapi.json`)).text()
    const document = JSON.parse(text)
    const { requestBody } = document.paths['/api/agents/{agent_id}/context'].put
    expect(requestBody.content['application/json'].schema.properties.context).toMatchObject({
      type: 'object',
      additionalProperties: {},
      description: expect.stringContaining('64 kB'),
    })
    expect(text).not.toContain('#/$defs/')
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

describe('every list', () => {
  type List = { items: unknown[]; next_cursor: string | null }
  let own: Ids
  const read = (name: RouteName, route: Route, query: object) =>
    whoMay(route)!.ok(name, { params: paramsOf(route, own), query } as never) as unknown as Promise<List>

  beforeAll(async () => {
    const { dana, priya } = clients
    const agent = (await priya.ok('listAgents', { query: {} })).items.find(({ phone_numbers }) => phone_numbers[0])!
    const place = () => test.relay.simulation.network!.placeCall({ from: '+14155550142', to: agent.phone_numbers[0]! })
    const [call_sid] = [place(), place()].map((call) => call.call_sid)
    own = { ...NEVER, agent_id: agent.id, call_sid: call_sid! }
    for (const number of [1, 2]) {
      await dana.ok('updateAgentContext', { params: own, body: { context: { number } } })
      await until(async () => {
        const body = { context: { number } }
        return (await dana.call('overrideContext', { params: own, body })).status === 200
      })
    }
    await until(async () => (await dana.ok('listCalls', { query: {} })).items.length === 2)
  }, 30_000)

  it.each(lists)('%s is read to its end in pages of one, in the order of the whole', async (name, route) => {
    const whole = (await read(name, route, {})).items
    expect(whole.length).toBeGreaterThan(1)
    const read_one_by_one: unknown[] = []
    for (let cursor: string | null | undefined; cursor !== null; ) {
      const page: List = await read(name, route, { limit: 1, ...(cursor && { cursor }) })
      expect(page.items).toHaveLength(1)
      read_one_by_one.push(...page.items)
      cursor = page.next_cursor
    }
    expect(read_one_by_one.map(nameOf)).toEqual(whole.map(nameOf))
  })

  it.each(lists)('%s refuses a cursor that is none of ours', async (name, route) => {
    const input = { params: paramsOf(route, own), query: { cursor: '+13125550112' } }
    expect(await whoMay(route)!.call(name, input as never)).toMatchObject({
      status: 422,
      body: { errors: [{ pointer: '/query/cursor' }] },
    })
  })
})

/** What tells an item of a list from the others, while calls go on and change. */
const nameOf = (item: unknown) => {
  const { id, phone_number, call_sid, version } = item as Record<string, unknown>
  return [id, phone_number, call_sid, version]
}

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
