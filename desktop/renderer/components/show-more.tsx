// The end of a list of which there is more: the way on, and why it could not be gone.
import type { Problem } from '../../../shared/errors.ts'
import { problemWords } from '../lib/wording.ts'

export function ShowMore({
  word,
  is_reading,
  problem,
  onMore,
}: {
  /** `More calls`, `Show older`. */
  word: string
  is_reading: boolean
  problem: Problem | null
  onMore: () => void
}) {
  return (
    <div className="show-more">
      {problem && <span className="help bad">{problemWords(problem)}</span>}
      <button type="button" className="btn sm" disabled={is_reading} onClick={onMore}>
        {is_reading ? 'Reading more…' : word}
      </button>
    </div>
  )
}
