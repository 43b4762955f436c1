// New agents that were begun and are not made yet, among the agents: one comes back to them from here.
import { Pencil, Trash2 } from 'lucide-react'
import { useMemo } from 'react'
import { useLocation } from 'wouter'
import { AgentTypeWord } from '../../components/agent-type.tsx'
import { Icon } from '../../components/icon.tsx'
import { tell } from '../../components/toast.tsx'
import { useConsoleState } from '../../lib/console-context.tsx'
import { useWorkDraft } from '../../lib/work-draft.ts'
import { selectMe } from '../../store/selectors.ts'
import { workKey } from '../../store/work-drafts.ts'
import type { KeptForm } from './agent-form.tsx'
import { placeOfForm } from './agent-form.tsx'
import { DraftWord } from './agent-state.tsx'

/** The agents that new ones are being copied from; an empty name for one from nothing. */
export function useNewDrafts(): string[] {
  const drafts = useConsoleState((state) => state.drafts)
  const start = useConsoleState((state) => workKey(selectMe(state)?.tenant_id ?? null, placeOfForm(null, null)))
  return useMemo(
    () =>
      Object.keys(drafts)
        .filter((key) => key.startsWith(start))
        .map((key) => key.slice(start.length)),
    [drafts, start],
  )
}

export function NewDraftCell({ copy_of }: { copy_of: string }) {
  const [, navigate] = useLocation()
  const [draft, keep] = useWorkDraft<KeptForm>(placeOfForm(null, copy_of))
  if (!draft) return null
  const name = draft.values.name.trim() || 'New agent'
  const address = copy_of === '' ? '/agents/new' : `/agents/new/${copy_of}`
  const discard = () => {
    keep(null)
    tell(`The draft of ${name} is discarded`, undefined, { word: 'Undo', run: () => keep(draft) })
  }
  return (
    <article className="ag paused" aria-label={`${name}, not made yet`}>
      <div className="ag-t">
        <h2 className="trunc" title={name}>
          <a href={`#${address}`}>{name}</a>
        </h2>
        <span className="grow" />
        <DraftWord />
      </div>
      <p className="ag-s">
        <AgentTypeWord type={draft.values.type} />
      </p>
      <p className="ag-fault mt-2">Not made yet: it is here for you only, until you sign out.</p>
      <div className="ag-do">
        <button type="button" className="btn sm quiet" onClick={() => navigate(address)}>
          <Icon of={Pencil} className="s" />
          Go on
        </button>
        <span className="grow" />
        <button
          type="button"
          className="icon-btn sm"
          aria-label={`Discard the draft of ${name}`}
          title="Discard"
          onClick={discard}
        >
          <Icon of={Trash2} />
        </button>
      </div>
    </article>
  )
}
