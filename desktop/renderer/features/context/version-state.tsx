// What became of a context version: ring, tick or cross, and its word.
import { CircleCheck, CircleDashed, CircleX } from 'lucide-react'
import type { ContextVersion } from '../../../../shared/contract/context.ts'
import { Icon } from '../../components/icon.tsx'
import { useNow } from '../../lib/console-context.tsx'
import { formatDelay } from '../../lib/format.ts'

export function VersionState({ version }: { version: ContextVersion }) {
  const now = useNow(version.state === 'pending' ? 200 : 60_000)
  const since = Date.parse(version.updated_at)
  switch (version.state) {
    case 'pending':
      return (
        <span className="st pending">
          <Icon of={CircleDashed} />
          Pending {formatDelay(Math.max(100, now - since))}
        </span>
      )
    case 'applied':
      return (
        <span className="st applied">
          <Icon of={CircleCheck} />
          Applied {version.applied_at && formatDelay(Math.max(0, Date.parse(version.applied_at) - since))}
        </span>
      )
    case 'refused':
      return (
        <span className="st refused">
          <Icon of={CircleX} />
          Refused
        </span>
      )
  }
}
