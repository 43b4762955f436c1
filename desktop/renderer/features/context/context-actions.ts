// Overriding the context of a live call, and taking an override back. In the walk of an override this is the step
// between the editor and the bridge.
import type { Reply } from '../../../../shared/bridge.ts'
import type { ContextVersion } from '../../../../shared/contract/context.ts'
import type { Problem } from '../../../../shared/errors.ts'
import type { JsonObject } from '../../../../shared/primitives.ts'
import type { ConsolePorts } from '../../lib/console-context.tsx'
import { newerVersions } from '../../store/apply-event.ts'
import { readCall } from '../../store/follow-relay.ts'
import type { OverrideDraft } from '../../store/override-drafts.ts'
import { draftKey } from '../../store/override-drafts.ts'
import { selectMe } from '../../store/selectors.ts'
import { withDraft } from '../../store/work-drafts.ts'

export interface Override {
  context: JsonObject
  reason: string
  expected_version: number
  speak_now: boolean
}

export interface ContextActions {
  /**
   * Sets the whole layer of the call. Stored and pending when it answers, or refused: its relay could not be reached. The
   * event says when the model has it.
   */
  override(call_sid: string, override: Override): Promise<Reply<ContextVersion>>
  rollBack(
    call_sid: string,
    to_version: number,
    reason: string,
    expected_version: number,
  ): Promise<Reply<ContextVersion>>
  /** What was being written for a call when its screen was left; null when nothing was. */
  draftOf(call_sid: string): OverrideDraft | null
  /** Keeps what is being written; null drops it. */
  keepDraft(call_sid: string, draft: OverrideDraft | null): void
  /** Reads the versions again: somebody was faster. */
  readVersions(call_sid: string): Promise<void>
  /** Reads the page of versions before the oldest one known. */
  readOlderVersions(call_sid: string): Promise<Problem | null>
}

export function createContextActions({
  bridge,
  store,
  ticker,
}: Pick<ConsolePorts, 'bridge' | 'store' | 'ticker'>): ContextActions {
  // The event may have been faster and know more than the answer.
  const stored = (call_sid: string, reply: Reply<ContextVersion>) => {
    if (!reply.ok) return reply
    store.setState((state) => {
      const versions = newerVersions([reply.value], state.versions[call_sid] ?? [])
      return { ...state, versions: { ...state.versions, [call_sid]: versions } }
    })
    return reply
  }
  const keyOf = (call_sid: string) => draftKey(selectMe(store.getState())?.tenant_id ?? '', call_sid)
  return {
    draftOf: (call_sid) => store.getState().overrides[keyOf(call_sid)] ?? null,
    keepDraft(call_sid, draft) {
      const overrides = withDraft(store.getState().overrides, keyOf(call_sid), draft)
      if (overrides !== store.getState().overrides) store.setState({ overrides })
    },
    async override(call_sid, { context, reason, expected_version, speak_now }) {
      const reply = await bridge.request('overrideContext', {
        params: { call_sid },
        body: { context, mode: 'replace', expected_version, speak_now, ...(reason.trim() ? { reason } : {}) },
      })
      return stored(call_sid, reply)
    },
    async rollBack(call_sid, to_version, reason, expected_version) {
      const reply = await bridge.request('rollbackContext', {
        params: { call_sid },
        body: { to_version, expected_version, ...(reason.trim() ? { reason } : {}) },
      })
      return stored(call_sid, reply)
    },
    async readVersions(call_sid) {
      await readCall(bridge, store, call_sid, ticker.real)
    },
    async readOlderVersions(call_sid) {
      const { session, older_versions } = store.getState()
      const cursor = older_versions[call_sid]
      if (!cursor) return null
      const reply = await bridge.request('listContextVersions', {
        params: { call_sid },
        query: { limit: 100, cursor },
      })
      if (!reply.ok) return reply.problem
      const { items, next_cursor } = reply.value
      store.setState((state) =>
        state.session === session
          ? {
              versions: { ...state.versions, [call_sid]: newerVersions(items, state.versions[call_sid] ?? []) },
              older_versions: { ...state.older_versions, [call_sid]: next_cursor },
            }
          : state,
      )
      return null
    },
  }
}
