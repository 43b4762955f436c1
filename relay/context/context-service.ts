// Walk (iii): the context of a live call is versioned. A change is merged, compared-and-set, kept with author and
// reason as *pending*, and sent to the call; *applied* comes back when the realtime session has it.
import type { ContextOverride } from '../../shared/contract/context.ts'
import type { JsonObject } from '../../shared/primitives.ts'
import type { Routes } from '../../shared/routes.ts'
import type { Handler, TenantActor } from '../access/actor.ts'
import type { CallRecord } from '../calls/call-facts.ts'
import { callSessions } from '../calls/call-records.ts'
import { COMMAND_DEADLINE_MS } from '../calls/call-service.ts'
import type { CallAnswer, CallCommand } from '../live/live-calls.ts'
import { RelayError } from '../platform/errors.ts'
import { newId } from '../platform/ids.ts'
import { readPage } from '../platform/pages.ts'
import type { CallBus, CallRef, Clock, EventLog } from '../platform/ports.ts'
import type { DocStore } from '../store/doc-store.ts'
import { tenantScope } from '../store/tenant-scope.ts'
import type { VersionQuota } from '../tenants/version-quota.ts'
import { CONTEXT_UPDATES, type ContextRecord } from './context-records.ts'
import { diffContext } from './merge-context.ts'
import { mergeWithinLimit } from './merge-within-limit.ts'

export interface ContextService {
  overrideContext: Handler<Routes['overrideContext']>
  listContextVersions: Handler<Routes['listContextVersions']>
  rollbackContext: Handler<Routes['rollbackContext']>
  /** Tells the consoles how a version stands now. */
  announce(call: CallRef, version: number): Promise<void>
}

interface Change {
  /** From the layer as it is to the layer as it is to be. */
  next: (layer: JsonObject) => JsonObject
  reason: string | null
  expected_version: number | undefined
  speak_now: boolean
}

const TRIES = 5
const HAD_ENDED = 'The call had ended.'
const NOT_REACHED =
  'The call could not be reached. If its agent has this all the same, it is shown as applied as soon as that is known.'

export function createContextService(deps: {
  store: DocStore
  bus: CallBus<CallCommand, CallAnswer>
  events: EventLog
  quota: VersionQuota
  /** Until everything laid down of a call so far is in the store. */
  flushed: (call_sid: string) => Promise<void>
  /** As long, but no longer than a request may wait. */
  settled: (call_sid: string) => Promise<void>
  clock: Clock
}): ContextService {
  const { store, clock } = deps
  const versionsOf = (actor: TenantActor) => store.forTenant(actor.scope).collection<ContextRecord>(CONTEXT_UPDATES)

  /** The call session's layer, its version, and its agent; a call that has just begun may still be on its way to the store. */
  async function found(actor: TenantActor, call_sid: string) {
    const read = () =>
      callSessions(store.forTenant(actor.scope)).findOne(
        { _id: call_sid },
        { fields: ['context', 'context_version', 'agent_id', 'ended_at'] },
      )
    const call = (await read()) ?? (await deps.settled(call_sid).then(read))
    if (!call) throw new RelayError((await isLive(actor, call_sid)) ? 'STORE_UNAVAILABLE' : 'NOT_FOUND')
    if (call.ended_at) throw new RelayError('CALL_NOT_LIVE')
    return call
  }

  async function isLive({ scope }: TenantActor, call_sid: string): Promise<boolean> {
    const call = { tenant_id: scope.tenant_id, call_sid }
    return (await deps.bus.send(call, { type: 'describe' }, COMMAND_DEADLINE_MS)) !== null
  }

  async function change(actor: TenantActor, call_sid: string, wanted: Change) {
    for (let attempt = 0; attempt < TRIES; attempt++) {
      const call = await found(actor, call_sid)
      if (wanted.expected_version !== undefined && wanted.expected_version !== call.context_version) {
        throw new RelayError('VERSION_CONFLICT', { current_version: call.context_version })
      }
      const record = nextVersion(actor, call_sid, call, wanted)
      const { context_data: context, version: context_version } = record
      const save = async () => {
        const { matched } = await callSessions(store.forTenant(actor.scope)).updateOne(
          { _id: call_sid, context_version: call.context_version },
          { $set: { context, context_version } },
        )
        if (matched === 0) return null
        await versionsOf(actor).insertOne(record)
        return record
      }
      const kept = await deps.quota.keep(actor, record, save, true)
      if (kept) return send(actor, { tenant_id: kept.tenant_id, call_sid }, kept, call.context, wanted.speak_now)
    }
    throw new RelayError('VERSION_CONFLICT')
  }

  function nextVersion(
    actor: TenantActor,
    call_sid: string,
    call: Pick<CallRecord, 'context' | 'context_version' | 'agent_id'>,
    wanted: Change,
  ): ContextRecord {
    const now = clock.now()
    const id = newId('ctx', now)
    const context_data = wanted.next(call.context)
    return {
      _id: id,
      id,
      tenant_id: actor.scope.tenant_id,
      call_sid,
      agent_id: call.agent_id,
      version: call.context_version + 1,
      context_data,
      diff: diffContext(call.context, context_data) as never,
      updated_by: { id: actor.user.id, name: actor.user.name },
      updated_at: now,
      reason: wanted.reason,
      state: 'pending',
      applied_at: null,
      refused_reason: null,
      used_in_turn: null,
    }
  }

  /** @param before the call's layer without it */
  async function send(
    actor: TenantActor,
    call: CallRef,
    record: ContextRecord,
    before: JsonObject,
    speak_now: boolean,
  ): Promise<never> {
    const { version, context_data: context } = record
    append(record, call)
    const isTaken = await deliver(call, { type: 'override_context', version, context, speak_now })
    return (isTaken ? record : await refuse(actor, call, record, before)) as never
  }

  /**
   * Once more where nobody answers: a call that has it already changes nothing. One that is late still settles it.
   * @returns false when nobody says that the call has it
   */
  async function deliver(call: CallRef, command: CallCommand): Promise<boolean> {
    const ask = () => deps.bus.send(call, command, COMMAND_DEADLINE_MS)
    try {
      return ((await ask()) ?? (await ask())) !== null
    } catch (error) {
      if (error instanceof RelayError && error.code === 'STORE_UNAVAILABLE') return false
      throw error
    }
  }

  /**
   * What nobody is known to have. A call that has it all the same says so, and that stands: see `call-records.ts`.
   * @throws RelayError CALL_NOT_LIVE
   */
  async function refuse(
    actor: TenantActor,
    call: CallRef,
    record: ContextRecord,
    before: JsonObject,
  ): Promise<ContextRecord> {
    const { call_sid } = call
    const sessions = callSessions(store.forTenant(actor.scope))
    await deps.settled(call_sid)
    const isOver = Boolean((await sessions.findOne({ _id: call_sid }, { fields: ['ended_at'] }))?.ended_at)
    const refused = await versionsOf(actor).findOneAndUpdate(
      { _id: record._id, state: 'pending' },
      { $set: { state: 'refused', refused_reason: isOver ? HAD_ENDED : NOT_REACHED } },
      { return_document: 'after' },
    )
    // The next override builds on what is in force, unless one has already been stored.
    if (refused)
      await sessions.updateOne({ _id: call_sid, context_version: record.version }, { $set: { context: before } })
    await tell(call, record.version)
    if (isOver) throw new RelayError('CALL_NOT_LIVE')
    return refused ?? record
  }

  /** As it stands in the store. */
  async function tell(call: CallRef, version: number): Promise<void> {
    const records = await store
      .forTenant(tenantScope(call.tenant_id, 'relay'))
      .collection<ContextRecord>(CONTEXT_UPDATES)
      .find({ call_sid: call.call_sid, version: { $lte: version } }, { sort: { version: -1 }, limit: 5 })
    for (const record of records.reverse()) append(record, call)
  }

  function append(record: ContextRecord, { tenant_id, call_sid }: CallRef): void {
    const { agent_id, context_data: context } = record
    deps.events.append({
      event_type: 'context.updated',
      tenant_id,
      call_sid,
      agent_id,
      context,
      version: record as never,
    })
  }

  const layerChange =
    ({ context, mode }: ContextOverride) =>
    (layer: JsonObject) =>
      mode === 'merge' ? mergeWithinLimit(layer, context) : context

  return {
    announce: (call, version) => deps.flushed(call.call_sid).then(() => tell(call, version)),

    overrideContext: (actor, { params, body }) =>
      change(actor, params.call_sid, {
        next: layerChange(body),
        reason: body.reason ?? null,
        expected_version: body.expected_version,
        speak_now: body.speak_now,
      }),

    async listContextVersions(actor, { params, query }) {
      const call = await callSessions(store.forTenant(actor.scope)).findOne(
        { _id: params.call_sid },
        { fields: ['_id'] },
      )
      if (!call) throw new RelayError('NOT_FOUND')
      return readPage(
        query,
        'number',
        (step) => versionsOf(actor).find({ call_sid: params.call_sid }, { sort: { version: -1 }, ...step }),
        (record) => record.version,
      ) as never
    },

    async rollbackContext(actor, { params, body }) {
      await found(actor, params.call_sid)
      const target =
        body.to_version === 0
          ? { context_data: {} }
          : await versionsOf(actor).findOne({ call_sid: params.call_sid, version: body.to_version })
      if (!target) throw new RelayError('NOT_FOUND', { detail: `This call has no context version ${body.to_version}.` })
      const reason = body.reason ?? `Rolled back to v${body.to_version}`
      return change(actor, params.call_sid, {
        next: () => target.context_data,
        reason,
        expected_version: body.expected_version,
        speak_now: false,
      })
    },
  }
}
