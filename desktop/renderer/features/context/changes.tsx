// Changes of a context in one line: `+ promise`, `− promise`, or the key with both values.
import type { ContextDiff } from '../../../../shared/contract/context.ts'
import { changeWords } from './layers.ts'

export function Changes({ diff }: { diff: readonly ContextDiff[] }) {
  return diff.map((change) => {
    const words = changeWords(change)
    return (
      <span key={change.path} className="change">
        {words.sign && `${words.sign} `}
        {words.key}
        {words.sign === '' && (
          <>
            {' '}
            <s>{words.before}</s> {words.after}
          </>
        )}
      </span>
    )
  })
}
