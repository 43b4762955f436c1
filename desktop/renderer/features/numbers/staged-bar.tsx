// What is staged, and the way to make it live. It stands while anything is.
import { countOf } from '../../lib/format.ts'
import { useVerbsHeight } from '../../lib/verbs-height.ts'
import type { Staged } from './board.ts'
import { stagedWords } from './board.ts'

export function StagedBar({
  staged,
  is_busy,
  is_lost,
  is_missed,
  onDiscard,
  onApply,
}: {
  staged: Staged
  is_busy: boolean
  is_lost: boolean
  /** It is being applied, and the answer is late. */
  is_missed: boolean
  onDiscard: () => void
  onApply: () => void
}) {
  const place = useVerbsHeight<HTMLElement>()
  return (
    <section className="staged-bar" aria-label="Staged changes" ref={place}>
      <b className="num">{countOf(staged.size, 'change')}</b>
      <span className="ink2">{stagedWords(staged)}. Nothing is live until you apply.</span>
      {is_missed && (
        <span className="text-att-2" role="status">
          Applying…, no answer yet
        </span>
      )}
      <span className="grow" />
      <button type="button" className="btn quiet" disabled={is_busy} onClick={onDiscard}>
        Discard
      </button>
      <button type="button" className="btn primary" disabled={is_lost || is_busy} onClick={onApply}>
        Apply {staged.size} <kbd>Ctrl</kbd>
        <kbd>↵</kbd>
      </button>
    </section>
  )
}
