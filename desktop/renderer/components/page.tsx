// The frame of a screen that is a page: the bar of a lost link, a heading with its tools, and what was read below.
import type { ReactNode } from 'react'
import type { Problem } from '../../../shared/errors.ts'
import type { Shape } from './standing.tsx'
import { Failed, Loading, ReadOnly } from './standing.tsx'

export function Page({
  title,
  about,
  tools,
  lostBar,
  readOnly,
  children,
}: {
  title: string
  /** A fact beside the title; nothing while it is not known. */
  about?: string | null
  tools?: ReactNode
  lostBar: ReactNode
  /** What one may do here, and which role may do more. */
  readOnly?: { fact: string; more: string } | null
  children: ReactNode
}) {
  return (
    <main className="page">
      {lostBar}
      <div className="page-h">
        <h1>{title}</h1>
        {about && <span className="dim num">{about}</span>}
        <span className="grow" />
        {tools}
      </div>
      {readOnly && (
        <div className="ro-line">
          <ReadOnly fact={readOnly.fact}>{readOnly.more}</ReadOnly>
        </div>
      )}
      {children}
    </main>
  )
}

type Reading = { state: 'waiting' } | { state: 'ready' } | { state: 'failed'; problem: Problem }

/** What was read, or how the reading stands: nothing is shown as empty before it was read. */
export function WhenRead({
  reading,
  what,
  shape,
  onRetry,
  children,
}: {
  reading: Reading
  /** The noun, as it stands in a sentence. */
  what: string
  shape: Shape
  onRetry: () => void
  children: ReactNode
}) {
  switch (reading.state) {
    case 'failed':
      return <Failed what={what.charAt(0).toUpperCase() + what.slice(1)} problem={reading.problem} onRetry={onRetry} />
    case 'waiting':
      return <Loading what={what} shape={shape} rows={6} />
    case 'ready':
      return children
  }
}
