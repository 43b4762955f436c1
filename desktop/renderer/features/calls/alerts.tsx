// What needs a person, in reach on every screen.
import { Bell } from 'lucide-react'
import { Icon, LevelIcon } from '../../components/icon.tsx'
import { Menu, MenuHead, MenuItem } from '../../components/menu.tsx'
import { useNow } from '../../lib/console-context.tsx'
import { countOf, formatAge, maskNumber } from '../../lib/format.ts'
import { reasonWords } from '../../lib/wording.ts'
import type { Lane } from '../../store/attention.ts'
import { callerOf } from './card.tsx'

export function Alerts({ lane, onShow }: { lane: Lane; onShow: (call_sid: string) => void }) {
  const now = useNow()
  const is_urgent = lane.needs.some((item) => item.attention.level === 3)
  return (
    <Menu
      align="end"
      width={312}
      label="Alerts"
      trigger={
        <button type="button" className="icon-btn" aria-label={`Alerts, ${lane.needs.length}`}>
          <Icon of={Bell} />
          {lane.needs.length > 0 && <i className={`dot-badge ${is_urgent ? '' : 'l2'}`} />}
        </button>
      }
    >
      <MenuHead>
        {lane.needs.length === 0
          ? 'Nothing needs you'
          : countOf(lane.needs.length, 'thing needs you', 'things need you')}
      </MenuHead>
      {lane.needs.slice(0, 12).map((item) => {
        const call = item.kind === 'call' ? item.call : item.calls[0]
        return (
          <MenuItem
            key={item.id}
            onSelect={() => call && onShow(call.call_sid)}
            icon={<LevelIcon level={item.attention.level} />}
            aside={formatAge(now - Date.parse(item.attention.since_at))}
          >
            {reasonWords(item.attention)}{' '}
            <span className="dim">
              {item.kind === 'call' ? maskNumber(callerOf(item.call)) : countOf(item.calls.length, 'call')}
            </span>
          </MenuItem>
        )
      })}
    </Menu>
  )
}
