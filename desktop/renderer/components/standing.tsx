// How a place stands that has nothing to show: empty, loading, failed, not allowed.
import type { LucideIcon } from 'lucide-react'
import { CircleX, Lock } from 'lucide-react'
import type { ReactNode } from 'react'
import { useEffect, useState } from 'react'
import type { Problem } from '../../../shared/errors.ts'
import { problemWords } from '../lib/wording.ts'
import { Icon } from './icon.tsx'

export function Empty({
  icon,
  fact,
  children,
  act,
}: {
  icon: LucideIcon
  fact: string
  children?: ReactNode
  act?: ReactNode
}) {
  return (
    <div className="empty">
      <Icon of={icon} />
      <b>{fact}</b>
      {children && <p>{children}</p>}
      {act && <div className="row empty-act">{act}</div>}
    </div>
  )
}

/** Lines of a list, cards of the wall, cells of a page, columns of a board, panels of figures. */
export type Shape = 'rows' | 'cards' | 'cells' | 'columns' | 'panels'

/** The shape of what comes, after 200 ms: what is there at once never flickers. */
export function Loading({ what, rows = 3, shape = 'rows' }: { what: string; rows?: number; shape?: Shape }) {
  const [shown, setShown] = useState(false)
  useEffect(() => {
    const timer = setTimeout(() => setShown(true), 200)
    return () => clearTimeout(timer)
  }, [])
  return (
    <div role="status" aria-label={`Reading ${what}`} className="loading">
      {shown && (
        <div className={`sk sk-${shape}`} aria-hidden="true">
          {Array.from({ length: rows }, (_, row) => row).map((row) => (
            <div key={row}>
              <i style={{ width: '52%' }} />
              <i style={{ width: '34%' }} />
              <i style={{ width: '80%' }} />
            </div>
          ))}
        </div>
      )}
    </div>
  )
}

export function Failed({
  what,
  problem,
  onRetry,
  act,
}: {
  what: string
  problem: Problem
  onRetry?: () => void
  /** The way on, where trying again is none. */
  act?: ReactNode
}) {
  const way = act || (onRetry && <RetryButton onRetry={onRetry} />)
  return (
    <div className="empty" role="alert">
      <Icon of={CircleX} className="lv l3" />
      <b>{what} could not be read</b>
      <p>{problemWords(problem)}</p>
      {way && <div className="row empty-act">{way}</div>}
    </div>
  )
}

function RetryButton({ onRetry }: { onRetry: () => void }) {
  return (
    <button type="button" className="btn" onClick={onRetry}>
      Try again
    </button>
  )
}

/** Says what may be read here and which role changes it. */
export function ReadOnly({ fact, children }: { fact: string; children: ReactNode }) {
  return (
    <div className="ro">
      <Icon of={Lock} className="s" />
      <span>
        <b className="m">{fact}</b> {children}
      </span>
    </div>
  )
}
