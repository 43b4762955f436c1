// The three layers of a call's context as one table, and what an override changes. Pure.
import type { CallSession } from '../../../../shared/contract/calls.ts'
import type { ContextDiff, ContextVersion } from '../../../../shared/contract/context.ts'
import type { Json, JsonObject } from '../../../../shared/primitives.ts'

export type Layer = 'business' | 'agent' | 'call'

export interface LayerRow {
  /** Dotted, as a prompt's placeholder writes it. */
  path: string
  layer: Layer
  value: Json
  /** The value of the layer below that this one overrides. */
  overridden: Json | undefined
  /** The version that will set this, while it is pending. */
  waits_for: number | null
}

/**
 * Every value in force with the layer it comes from, business first.
 * @param call_layer the layer of the call in force
 * @param pending the newest version, when it is not applied yet
 * @source contract/context.ts; design.md section 4, layer chip
 */
export function layerRows(
  layers: CallSession['context_layers'],
  call_layer: JsonObject,
  pending: ContextVersion | null,
): LayerRow[] {
  const below = {
    business: flatten(layers.business),
    agent: flatten(layers.agent),
    call: flatten(call_layer),
  }
  const in_force = (['business', 'agent', 'call'] as const).flatMap((layer) =>
    [...below[layer]].flatMap(([path, value]): LayerRow[] => {
      if (isOverridden(below, layer, path)) return []
      const overridden = valueBelow(below, layer, path)
      return [{ path, layer, value, overridden, waits_for: null }]
    }),
  )
  return [...in_force, ...waitingRows(below.call, pending)]
}

type Flat = Record<Layer, Map<string, Json>>

function isOverridden(flat: Flat, layer: Layer, path: string): boolean {
  if (layer === 'business') return flat.agent.has(path) || flat.call.has(path)
  return layer === 'agent' && flat.call.has(path)
}

function valueBelow(flat: Flat, layer: Layer, path: string): Json | undefined {
  if (layer === 'call') return flat.agent.get(path) ?? flat.business.get(path)
  return layer === 'agent' ? flat.business.get(path) : undefined
}

function waitingRows(in_force: Map<string, Json>, pending: ContextVersion | null): LayerRow[] {
  if (!pending) return []
  return [...flatten(pending.context_data)]
    .filter(([path, value]) => !sameJson(in_force.get(path), value))
    .map(([path, value]) => ({
      path,
      layer: 'call',
      value,
      overridden: undefined,
      waits_for: pending.version,
    }))
}

/** Leaves by dotted path; lists and empty objects are leaves. @source ours */
export function flatten(value: JsonObject, prefix = ''): Map<string, Json> {
  const leaves = new Map<string, Json>()
  for (const [key, inner] of Object.entries(value)) {
    const path = prefix + key
    if (isObject(inner) && Object.keys(inner).length > 0) {
      for (const [deeper, leaf] of flatten(inner, `${path}.`)) leaves.set(deeper, leaf)
    } else leaves.set(path, inner)
  }
  return leaves
}

/**
 * The layer of the call as the model has it: that of the newest applied version, else as the call was read.
 * @source contract/context.ts, ContextVersion
 */
export function layerInForce(read: JsonObject, versions: readonly ContextVersion[]): JsonObject {
  const applied = versions.find((version) => version.state === 'applied')
  if (applied) return applied.context_data
  // Only pending or refused versions: what was read may hold their changes, and then they are taken back, newest first.
  return versions.reduce(
    (layer, version) =>
      sameJson(layer, version.context_data)
        ? version.diff.reduce((at, diff) => withPointer(at, diff.path, diff.before), layer)
        : layer,
    read,
  )
}

function withPointer(object: JsonObject, pointer: string, value: Json | undefined): JsonObject {
  const [key = '', ...rest] = pointer.split('/').slice(1).map(plainPart)
  if (rest.length === 0) {
    const { [key]: _gone, ...others } = object
    return value === undefined ? others : { ...others, [key]: value }
  }
  return { ...object, [key]: withPointer(asObject(object[key]), `/${rest.join('/')}`, value) }
}

const plainPart = (part: string) => part.replaceAll('~1', '/').replaceAll('~0', '~')

/**
 * What was changed in a draft, done to a layer that others changed meanwhile. Where both changed a value, the draft's
 * stands.
 * No merge patch (RFC 7396): that one cannot say null, which a context may hold.
 * @param base what the draft was written from
 * @param onto the layer as it is now
 * @source ours
 */
export function mergeDraft(base: JsonObject, draft: JsonObject, onto: JsonObject): JsonObject {
  const merged: JsonObject = { ...onto }
  for (const key of new Set([...Object.keys(base), ...Object.keys(draft)])) {
    const [was, is] = [base[key], draft[key]]
    if (sameJson(was, is)) continue
    if (is === undefined) delete merged[key]
    else merged[key] = isObject(is) ? mergeDraft(asObject(was), is, asObject(onto[key])) : is
  }
  return merged
}

const asObject = (value: Json | undefined): JsonObject => (isObject(value) ? value : {})

/** What differs between two layers, place by place. @source contract/context.ts, ContextDiff */
export function diffOf(before: JsonObject, after: JsonObject, at = ''): ContextDiff[] {
  return [...new Set([...Object.keys(before), ...Object.keys(after)])].flatMap((key): ContextDiff[] => {
    const path = `${at}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`
    const [was, is] = [before[key], after[key]]
    if (isObject(was) && isObject(is)) return diffOf(was, is, path)
    if (sameJson(was, is)) return []
    return [{ path, ...(was === undefined ? {} : { before: was }), ...(is === undefined ? {} : { after: is }) }]
  })
}

/** One change as words: `+ promise`, `− promise`, or the key with both values. @source design.md section 4, version row */
export interface ChangeWords {
  key: string
  sign: '+' | '−' | ''
  before: string | null
  after: string | null
}
export function changeWords(diff: ContextDiff): ChangeWords {
  const key = diff.path.replace(/^\//, '').split('/').map(plainPart).join('.')
  if (diff.before === undefined) return { key, sign: '+', before: null, after: wordsOf(diff.after) }
  if (diff.after === undefined) return { key, sign: '−', before: wordsOf(diff.before), after: null }
  return { key, sign: '', before: valueWords(diff.before), after: valueWords(diff.after) }
}

const wordsOf = (value: Json | undefined) => (value === undefined ? null : valueWords(value))

/** A value as one reads it: texts bare, lists with commas, the rest as JSON. @source design.md section 8, call */
export function valueWords(value: Json): string {
  if (typeof value === 'string') return value
  if (Array.isArray(value) && value.every((item) => typeof item !== 'object' || item === null)) {
    return value.length === 0 ? 'none' : value.join(', ')
  }
  return JSON.stringify(value)
}

export function sameJson(a: Json | undefined, b: Json | undefined): boolean {
  return JSON.stringify(sorted(a)) === JSON.stringify(sorted(b))
}

function sorted(value: Json | undefined): Json | undefined {
  if (Array.isArray(value)) return value.map((item) => sorted(item) ?? null)
  if (!isObject(value)) return value
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, sorted(inner) ?? null]),
  )
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
