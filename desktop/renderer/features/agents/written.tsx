// A text of the agent in an editor that is loaded when it is first needed.
import type { ReactElement, ReactNode } from 'react'
import { Suspense } from 'react'
import type { UseFormReturn } from 'react-hook-form'
import { Controller } from 'react-hook-form'
import type { AgentDraft } from './agent-draft.ts'

export type AgentFormOf = UseFormReturn<AgentDraft>

export function Written({
  form,
  name,
  before,
  children,
}: {
  form: AgentFormOf
  name: 'system_prompt' | 'context_data'
  /** What stands there while the editor is loaded. */
  before: ReactNode
  children: (field: { value: string; onChange: (value: string) => void }) => ReactElement
}) {
  return (
    <Suspense fallback={before}>
      <Controller control={form.control} name={name} render={({ field }) => children(field)} />
    </Suspense>
  )
}
