// The prompt of an agent: placeholders tinted by the layer that fills them; those that none fills are named at the foot.
import { CircleX } from 'lucide-react'
import { lazy, useMemo } from 'react'
import { Icon } from '../../components/icon.tsx'
import { LayerLegend } from '../../components/layer-chip.tsx'
import { useConsoleState } from '../../lib/console-context.tsx'
import { formatCount } from '../../lib/format.ts'
import { readJson } from '../../lib/json-place.ts'
import { writeJson } from '../../lib/write-json.ts'
import type { AgentDraft } from './agent-draft.ts'
import { contextOfDraft } from './agent-draft.ts'
import { placeholdersIn, unfilled, withNames } from './placeholders.ts'
import type { AgentFormOf } from './written.tsx'
import { Written } from './written.tsx'

const PromptEditor = lazy(() => import('../../components/prompt-editor.tsx'))

export function AgentPrompt({
  form,
  draft,
  is_read_only,
  error,
}: {
  form: AgentFormOf
  draft: AgentDraft
  is_read_only: boolean
  error: string | undefined
}) {
  const business = useConsoleState((state) => state.tenant?.business_context)
  const context_data = draft.context_data
  const own = useMemo(() => {
    const reading = readJson(context_data)
    return reading.ok ? contextOfDraft({ context_data }) : null
  }, [context_data])
  const tint = useMemo(
    () => (text: string) =>
      placeholdersIn(text, business ?? {}, own ?? {}).map(({ from, to, layer }) => ({
        from,
        to,
        tone: layer === null ? 'call' : layer === 'business' ? 'business' : '',
      })),
    [business, own],
  )
  const only_call = useMemo(
    () => unfilled(placeholdersIn(draft.system_prompt, business ?? {}, own ?? {})),
    [draft.system_prompt, business, own],
  )
  return (
    <section className="col" aria-label="Prompt">
      <div className="col-h">
        <h2>Prompt</h2>
        <span className="xs dim num">{formatCount(draft.system_prompt.length)} characters</span>
        <span className="grow" />
        <LayerLegend />
      </div>
      <div className="prompt-pane">
        <Written form={form} name="system_prompt" before={<div className="prompt">{draft.system_prompt}</div>}>
          {({ value, onChange }) => (
            <PromptEditor
              value={value}
              onChange={onChange}
              label="Prompt"
              hint="Write what the agent is to do. Names in braces, such as {company_name}, are filled from the context."
              tint={tint}
              is_read_only={is_read_only}
              described_by="prompt-says"
            />
          )}
        </Written>
      </div>
      <div id="prompt-says">
        {error && (
          <p className="prompt-foot bad" role="alert">
            <Icon of={CircleX} className="s" /> {error}
          </p>
        )}
        {only_call.length > 0 && (
          <div className="prompt-foot">
            <p>
              <b className="m text-you">{only_call.map((name) => `{${name}}`).join(', ')}</b>{' '}
              <span className="ink2">
                {only_call.length === 1 ? 'is' : 'are'} in no context of the tenant or the agent. Unless a call brings{' '}
                {only_call.length === 1
                  ? 'it, the prompt keeps it as it stands'
                  : 'them, the prompt keeps them as they stand'}
                .
              </span>
            </p>
            {own && !is_read_only && (
              <button
                type="button"
                className="btn sm"
                onClick={() =>
                  form.setValue('context_data', writeJson(withNames(own, only_call)), { shouldDirty: true })
                }
              >
                Add to context
              </button>
            )}
          </div>
        )}
      </div>
    </section>
  )
}
