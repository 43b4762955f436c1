// What happened, and the way back. Bottom right, 6 s; a failure stays until it is closed.
import { CircleCheck, OctagonAlert, X } from 'lucide-react'
import { Toaster, toast } from 'sonner'
import type { Problem } from '../../../shared/errors.ts'
import { problemWords } from '../lib/wording.ts'
import { Icon } from './icon.tsx'

const SHOWN_MS = 6_000
/** Above the verbs at the foot of the screen, where there are some. */
const OFFSET = { right: 16, bottom: 'calc(var(--verbs-h, 4px) + 12px)' }

export function Toasts() {
  return <Toaster position="bottom-right" gap={8} offset={OFFSET} containerAriaLabel="Messages" />
}

/** Says what happened, with at most one way on. */
export function tell(what: string, more?: string, act?: { word: string; run: () => void }): void {
  toast.custom(
    (id) => (
      <div className="toast">
        <Icon of={CircleCheck} />
        <div>
          <b>{what}</b>
          {more && <p>{more}</p>}
        </div>
        {act && (
          <button
            type="button"
            className="btn sm quiet"
            onClick={() => {
              toast.dismiss(id)
              act.run()
            }}
          >
            {act.word}
          </button>
        )}
      </div>
    ),
    { duration: SHOWN_MS },
  )
}

/** Says what was refused and why. Stays. */
export function tellRefused(what: string, problem: Problem): void {
  toast.custom(
    (id) => (
      <div className="toast r" role="alert">
        <Icon of={OctagonAlert} />
        <div>
          <b>{what}</b>
          <p>{problemWords(problem)}</p>
        </div>
        <button type="button" className="icon-btn sm" aria-label="Close" onClick={() => toast.dismiss(id)}>
          <Icon of={X} />
        </button>
      </div>
    ),
    { duration: Number.POSITIVE_INFINITY },
  )
}
