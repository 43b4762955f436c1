// Errors in the words of the Realtime server: what zod found wrong becomes code, message and parameter. Pure.
import type { z } from 'zod'
import { type AppendEvent, CLIENT_EVENTS, type ClientEvent } from './model-protocol.ts'

/** A client event that is refused; the session goes on. */
export class ModelRefusal extends Error {
  readonly code: string | null
  readonly param: string | null
  constructor(code: string | null, message: string, param: string | null = null) {
    super(message)
    this.code = code
    this.param = param
  }
}

const EVENT_TYPES = [...Object.keys(CLIENT_EVENTS), 'input_audio_buffer.append']

/**
 * Reads one client event.
 * @throws ModelRefusal with the server's code: unknown_parameter, missing_required_parameter, invalid_value, invalid_type ...
 * @source OpenAI Realtime, client events; texts as seen in public issue threads
 */
export function readClientEvent(value: unknown): ClientEvent | AppendEvent {
  if (!isObject(value)) throw new ModelRefusal('invalid_type', 'The event must be a JSON object.')
  const { type } = value
  if (type === undefined) throw missing('type')
  if (type === 'input_audio_buffer.append') return readAppend(value)
  const schema = Object.hasOwn(CLIENT_EVENTS, String(type))
    ? CLIENT_EVENTS[type as keyof typeof CLIENT_EVENTS]
    : undefined
  if (!schema) throw invalidValue(String(type), EVENT_TYPES, 'type')
  const read = schema.safeParse(value, { reportInput: true })
  if (read.success) return read.data
  throw refusalOf(read.error.issues[0]!)
}

/** By hand: this event comes 50 times a second. */
function readAppend(value: Record<string, unknown>): AppendEvent {
  for (const key of Object.keys(value)) if (key !== 'type' && key !== 'audio' && key !== 'event_id') throw unknown(key)
  if (typeof value.audio !== 'string')
    throw value.audio === undefined ? missing('audio') : invalidType('audio', 'string', value.audio)
  return value as AppendEvent
}

function refusalOf(issue: z.core.$ZodIssue): ModelRefusal {
  const param = pathOf(issue.path)
  switch (issue.code) {
    case 'unrecognized_keys':
      return unknown(param ? `${param}.${issue.keys[0]}` : issue.keys[0]!)
    case 'invalid_type':
      return issue.input === undefined ? missing(param) : invalidType(param, issue.expected, issue.input)
    case 'invalid_value':
      return issue.input === undefined
        ? missing(param)
        : invalidValue(String(issue.input), issue.values.map(String), param)
    case 'invalid_union':
      return refusalOfUnion(issue, param)
    case 'too_big':
      return outOfRange(issue.origin, 'above', 'maximum', `<= ${issue.maximum}`, issue.input, param)
    case 'too_small':
      return outOfRange(issue.origin, 'below', 'minimum', `>= ${issue.minimum}`, issue.input, param)
    default:
      return new ModelRefusal('invalid_value', `Invalid '${param}': ${issue.message}.`, param)
  }
}

/** The branch that came furthest tells what is wrong; a wrong discriminator names the values there are. */
function refusalOfUnion(issue: Extract<z.core.$ZodIssue, { code: 'invalid_union' }>, param: string): ModelRefusal {
  if (issue.discriminator !== undefined) {
    const name = param.endsWith(issue.discriminator) ? param : `${param}.${issue.discriminator}`
    const given = isObject(issue.input) ? issue.input[issue.discriminator] : undefined
    return given === undefined ? missing(name) : invalidValue(String(given), [], name)
  }
  const branches = issue.errors.map((errors) => errors[0]).filter((error) => error !== undefined)
  const best = branches.toSorted((a, b) => distance(b) - distance(a))[0]
  if (!best) return new ModelRefusal('invalid_value', `Invalid value for '${param}'.`, param)
  return refusalOf({ ...best, path: [...issue.path, ...best.path] } as z.core.$ZodIssue)
}

/** How near to valid a branch was: the deeper its first fault the nearer, and a wrong type name means "not this branch". */
function distance(issue: z.core.$ZodIssue): number {
  const isOtherKind = issue.code === 'invalid_value' && (issue.path.at(-1) === 'type' || issue.path.at(-1) === 'role')
  return issue.path.length + (isOtherKind ? -10 : 0) + (issue.code === 'unrecognized_keys' ? 1 : 0)
}

function outOfRange(
  origin: string,
  side: string,
  limit: string,
  expected: string,
  input: unknown,
  param: string,
): ModelRefusal {
  if (origin === 'string' && side === 'above') {
    const message = `Invalid '${param}': string too long. Expected a string with maximum length ${expected.slice(3)}, but got a string with length ${String(input).length} instead.`
    return new ModelRefusal('string_above_max_length', message, param)
  }
  const kind = origin === 'number' || origin === 'int' ? (Number.isInteger(input) ? 'integer' : 'decimal') : origin
  const what = kind === 'string' || kind === 'array' ? 'length' : 'value'
  const got = kind === 'integer' || kind === 'decimal' ? `, but got ${input} instead` : ''
  return new ModelRefusal(
    `${kind}_${side}_${side === 'above' ? 'max' : 'min'}_${what}`,
    `Invalid '${param}': ${kind} ${side} ${limit} ${what}. Expected a ${what} ${expected}${got}.`,
    param,
  )
}

function unknown(param: string): ModelRefusal {
  return new ModelRefusal('unknown_parameter', `Unknown parameter: '${param}'.`, param)
}

function missing(param: string): ModelRefusal {
  return new ModelRefusal('missing_required_parameter', `Missing required parameter: '${param}'.`, param)
}

function invalidType(param: string, expected: string, got: unknown): ModelRefusal {
  const kind = got === null ? 'null' : Array.isArray(got) ? 'array' : typeof got
  return new ModelRefusal(
    'invalid_type',
    `Invalid type for '${param}': expected one of ${expected}, but got ${kind} instead.`,
    param,
  )
}

/**
 * A value outside the ones there are.
 * @throws never
 * @source OpenAI, error texts
 */
export function invalidValue(given: string, supported: readonly string[], param: string): ModelRefusal {
  const list = supported.map((value) => `'${value}'`).join(', ')
  return new ModelRefusal(
    'invalid_value',
    `Invalid value: '${given}'.${list ? ` Supported values are: ${list}.` : ''}`,
    param,
  )
}

function pathOf(path: readonly PropertyKey[]): string {
  return path.reduce<string>(
    (text, part) => (typeof part === 'number' ? `${text}[${part}]` : text ? `${text}.${String(part)}` : String(part)),
    '',
  )
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
