// The API described from the same schemas that validate it, and a page to read it on. Source: OpenAPI 3.1.
import { z } from 'zod'
import { ERRORS, Problem } from '../../shared/errors.ts'
import { Instant } from '../../shared/primitives.ts'
import type { Route } from '../../shared/route.ts'
import { ROUTES } from '../../shared/routes.ts'

type JsonSchema = Record<string, unknown>

function schemaOf(schema: z.ZodType, io: 'input' | 'output'): JsonSchema {
  const { $schema: _draft, ...body } = z.toJSONSchema(schema, {
    io,
    unrepresentable: 'any',
    reused: 'inline',
    override: ({ zodSchema, jsonSchema }) => {
      if ((zodSchema as unknown) !== Instant) return
      for (const key of Object.keys(jsonSchema)) delete jsonSchema[key]
      Object.assign(jsonSchema, { type: 'string', format: 'date-time' })
    },
  })
  return body
}

function parametersOf(route: Route): JsonSchema[] {
  const of = (place: 'path' | 'query', schema: z.ZodObject | undefined) => {
    const described = schema
      ? (schemaOf(schema, 'input') as { properties?: Record<string, JsonSchema>; required?: string[] })
      : {}
    return Object.entries(described.properties ?? {}).map(([name, field]) => ({
      name,
      in: place,
      required: place === 'path' || (described.required?.includes(name) ?? false),
      schema: field,
    }))
  }
  return [...of('path', route.params), ...of('query', route.query)]
}

function operation(name: string, route: Route): JsonSchema {
  const status = String(route.response ? (route.status ?? 200) : 204)
  return {
    operationId: name,
    summary: route.summary,
    tags: [route.path.split('/')[2] ?? 'api'],
    ...(route.permission === 'public' ? { security: [] } : {}),
    'x-permission': route.permission,
    parameters: parametersOf(route),
    ...(route.body
      ? { requestBody: { required: true, content: { 'application/json': { schema: schemaOf(route.body, 'input') } } } }
      : {}),
    responses: {
      [status]: {
        description: 'Done',
        ...(route.response ? { content: { 'application/json': { schema: schemaOf(route.response, 'output') } } } : {}),
      },
      default: {
        description: 'Refused, with the reason',
        content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
      },
    },
  }
}

export function openApiDocument(version: string, public_url: string): JsonSchema {
  const paths: Record<string, JsonSchema> = {}
  for (const [name, route] of Object.entries(ROUTES) as [string, Route][]) {
    const path = route.path.replace(/:(\w+)/g, '{$1}')
    paths[path] = { ...paths[path], [route.method]: operation(name, route) }
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Phony relay', version, description: 'AI voice agents on real phone numbers, watched by people.' },
    servers: [{ url: public_url }],
    security: [{ bearer: [] }],
    paths,
    components: {
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } },
      schemas: { Problem: schemaOf(Problem, 'output') },
    },
  }
}

const escapeHtml = (text: string): string => text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`)

/** A plain page of all routes and errors; no script, so it needs none to be allowed. */
export function apiPage(version: string): string {
  const routes = Object.entries(ROUTES as Record<string, Route>).map(([name, route]) => {
    const body = route.body
      ? `<details><summary>Request body</summary><pre>${escapeHtml(JSON.stringify(schemaOf(route.body, 'input'), null, 2))}</pre></details>`
      : ''
    const answer = route.response
      ? `<details><summary>Answer ${route.status ?? 200}</summary><pre>${escapeHtml(JSON.stringify(schemaOf(route.response, 'output'), null, 2))}</pre></details>`
      : '<p>Answers 204.</p>'
    return `<section id="${name}"><h2><code>${route.method.toUpperCase()} ${escapeHtml(route.path)}</code></h2><p>${escapeHtml(route.summary)}. Needs: <code>${route.permission}</code>.</p>${body}${answer}</section>`
  })
  const errors = Object.entries(ERRORS).map(
    ([code, facts]) =>
      `<tr id="${code}"><td><code>${code}</code></td><td>${facts.status}</td><td>${escapeHtml(facts.meaning)}</td></tr>`,
  )
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Phony API ${version}</title>
<style>:root{color-scheme:light dark}body{font:15px/1.5 system-ui,sans-serif;max-width:56rem;margin:2rem auto;padding:0 1rem}h2{font-size:1rem;margin:2rem 0 .25rem}pre{overflow:auto;max-height:24rem;padding:.75rem;border:1px solid #8884;border-radius:4px}table{border-collapse:collapse;width:100%}td{padding:.3rem .6rem;border-top:1px solid #8884;vertical-align:top}</style></head>
<body><h1>Phony API ${version}</h1><p>The same as data: <a href="/api/openapi.json">/api/openapi.json</a>. Every refusal is a problem document of RFC 9457 with one of the codes below. Events come over <code>/events/ws</code>, a call's audio over <code>/calls/{call_sid}/listen</code>; both open with a ticket.</p>
${routes.join('\n')}<h1>Errors</h1><table>${errors.join('')}</table></body></html>`
}
