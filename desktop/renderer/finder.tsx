// Everything that can be found, and how to get there.
import { Bot, Hash, Phone } from 'lucide-react'
import { useMemo } from 'react'
import { useLocation } from 'wouter'
import type { CallSummary } from '../../shared/contract/calls.ts'
import type { PaletteItem } from './components/palette.tsx'
import { Palette } from './components/palette.tsx'
import type { RailItem } from './components/rail.tsx'
import { useConsoleState } from './lib/console-context.tsx'
import { formatClock, formatNumber, maskNumber } from './lib/format.ts'
import { outcomeWord } from './lib/wording.ts'
import { agentsInOrder } from './store/agents-in-order.ts'
import { isOutOfReach } from './store/lost-calls.ts'

export function Finder({
  screens,
  onOpenCall,
  onClose,
}: {
  screens: readonly RailItem[]
  onOpenCall: (call_sid: string) => void
  onClose: () => void
}) {
  const [, navigate] = useLocation()
  const calls = useConsoleState((state) => state.calls)
  const agents = useConsoleState((state) => state.agents)
  const numbers = useConsoleState((state) => state.numbers)
  const zone = useConsoleState((state) => state.tenant?.time_zone)
  const stale = useConsoleState((state) => state.stale)
  const items = useMemo(
    (): PaletteItem[] => [
      ...screens.map((screen) => ({
        id: screen.href,
        icon: screen.icon,
        word: screen.word,
        aside: 'screen',
        run: () => navigate(screen.href),
      })),
      ...agentsInOrder(agents).map((agent) => ({
        id: agent.id,
        icon: Bot,
        word: agent.name,
        aside: agent.is_active ? 'agent' : 'agent, paused',
        run: () => navigate(`/agents/${agent.id}`),
      })),
      ...Object.values(calls)
        .sort(newestFirst)
        .map((call) => ({
          id: call.call_sid,
          icon: Phone,
          word: maskNumber(call.direction === 'inbound' ? call.from_number : call.to_number),
          aside: callWords(call, zone, call.call_sid in stale),
          also: `call ${call.live?.last_line?.text ?? ''}`,
          run: () => onOpenCall(call.call_sid),
        })),
      ...Object.values(numbers).map((number) => ({
        id: number.phone_number,
        icon: Hash,
        word: formatNumber(number.phone_number),
        aside: number.friendly_name,
        also: number.phone_number,
        run: () => navigate('/numbers'),
      })),
    ],
    [screens, agents, calls, stale, numbers, zone, navigate, onOpenCall],
  )
  return <Palette items={items} onClose={onClose} />
}

// Live ones first: those are looked for.
const newestFirst = (a: CallSummary, b: CallSummary) =>
  Number(a.ended_at !== null) - Number(b.ended_at !== null) || (a.started_at < b.started_at ? 1 : -1)

/** The same caller may be on twice: who has the call, how it stands, and since when. */
function callWords(call: CallSummary, zone: string | undefined, is_stale: boolean): string {
  const agent = call.agent_name ?? 'no agent yet'
  if (is_stale) return `${agent}, not up to date, on since ${formatClock(call.started_at, zone)}`
  if (call.ended_at === null) return `${agent}, live since ${formatClock(call.started_at, zone)}`
  const outcome = outcomeWord(call.outcome).toLowerCase()
  return `${agent}, ${outcome}${isOutOfReach(call) ? ' since' : ', over at'} ${formatClock(call.ended_at, zone)}`
}
