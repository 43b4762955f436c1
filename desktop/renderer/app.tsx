// Composes the console: who may see which screen, the shell around it, and the keys that act everywhere.
import { AudioLines, Bot, ChartColumn, FlaskConical, Hash, Lock, Phone, Search } from 'lucide-react'
import { useEffect, useMemo, useState } from 'react'
import { Redirect, Route, Router, Switch, useLocation } from 'wouter'
import { useHashLocation } from 'wouter/use-hash-location'
import type { Permission } from '../../shared/permissions.ts'
import { Icon } from './components/icon.tsx'
import { KeySheet } from './components/key-sheet.tsx'
import { LiveRegion } from './components/live-region.tsx'
import type { PaletteItem } from './components/palette.tsx'
import { Palette } from './components/palette.tsx'
import type { RailItem } from './components/rail.tsx'
import { Rail } from './components/rail.tsx'
import { Empty, Loading } from './components/standing.tsx'
import { Toasts } from './components/toast.tsx'
import { createAccessActions } from './features/access/access-actions.ts'
import { LinkWord, LostBar } from './features/access/link-state.tsx'
import { MeMenu } from './features/access/me-menu.tsx'
import { SignInPage } from './features/access/sign-in-page.tsx'
import { TenantSwitch } from './features/access/tenant-switch.tsx'
import { AgentEditorPage } from './features/agents/agent-editor.tsx'
import { AgentsPage } from './features/agents/agents-page.tsx'
import { AnalyticsPage } from './features/analytics/analytics-page.tsx'
import { Alerts } from './features/calls/alerts.tsx'
import { createCallActions } from './features/calls/call-actions.ts'
import { CallPage } from './features/calls/call-page.tsx'
import { LivePage } from './features/calls/live-page.tsx'
import { ContextColumn } from './features/context/context-column.tsx'
import { ContextGlance } from './features/context/context-layers.tsx'
import { NumbersPage } from './features/numbers/numbers-page.tsx'
import type { ConsolePorts } from './lib/console-context.tsx'
import { ConsoleProvider, useActions, useConsoleState } from './lib/console-context.tsx'
import { formatNumber, maskNumber } from './lib/format.ts'
import { useKeys } from './lib/keyboard.ts'
import { reasonWords } from './lib/wording.ts'
import type { Lane } from './store/attention.ts'
import { laneOf } from './store/attention.ts'
import { callsOnWall, may, selectMe } from './store/selectors.ts'

const SCREENS = [
  { href: '/live', word: 'Live', icon: AudioLines, permission: 'calls.read', also: '/calls/' },
  { href: '/numbers', word: 'Numbers', icon: Hash, permission: 'numbers.read' },
  { href: '/agents', word: 'Agents', icon: Bot, permission: 'agents.read' },
  { href: '/analytics', word: 'Analytics', icon: ChartColumn, permission: 'analytics.read' },
] as const satisfies readonly (Pick<RailItem, 'href' | 'word' | 'icon'> & {
  permission: Permission
  also?: string
})[]

export function App({ ports }: { ports: ConsolePorts }) {
  return (
    <ConsoleProvider ports={ports}>
      <Router hook={useHashLocation}>
        <Doors />
        <Toasts />
      </Router>
    </ConsoleProvider>
  )
}

function Doors() {
  const actions = useActions(createAccessActions)
  const session = useConsoleState((state) => state.session.state)
  // biome-ignore lint/correctness/useExhaustiveDependencies: restored once, when the console opens
  useEffect(() => {
    void actions.restore()
  }, [])
  if (session === 'restoring') return <Loading what="your sign-in" />
  return session === 'signed_in' ? <Shell /> : <SignInPage />
}

function Shell() {
  const [location, navigate] = useLocation()
  const [sheet, setSheet] = useState<'keys' | 'palette' | null>(null)
  const lane = useLane()
  const calls = useActions(createCallActions)
  const screens = useScreens(lane)
  const home = screens[0]?.href ?? '/none'
  const me = useConsoleState(selectMe)
  const allowed = (permission: Permission) => me?.permissions.includes(permission) ?? false
  // From one call to the next, and into its context, is one step back to where one came from.
  const openCall = (call_sid: string, place?: 'context') =>
    navigate(place ? `/calls/${call_sid}/${place}` : `/calls/${call_sid}`, {
      replace: location.startsWith('/calls/'),
    })
  useKeys({
    '?': () => setSheet('keys'),
    'ctrl+k': () => setSheet('palette'),
    ...Object.fromEntries(screens.map((screen, index) => [`ctrl+${index + 1}`, () => navigate(screen.href)])),
  })
  return (
    <div className="app">
      <Rail items={screens} />
      <TopBar
        lane={lane}
        onFind={() => setSheet('palette')}
        onShowKeys={() => setSheet('keys')}
        onShowCall={(call_sid) => {
          calls.select(call_sid)
          navigate('/live')
        }}
      />
      <Switch>
        {allowed('calls.read') && (
          <Route path="/live">
            <LivePage
              lane={lane}
              lostBar={<LostBar />}
              context={(call_sid) => <ContextGlance call_sid={call_sid} />}
              onOpen={openCall}
            />
          </Route>
        )}
        {allowed('calls.read') && (
          <Route path="/calls/:call_sid/:place?">
            {({ call_sid, place }) => (
              <CallPage
                call_sid={call_sid}
                place={place === 'context' ? 'context' : null}
                lostBar={<LostBar />}
                context={(slot) => <ContextColumn {...slot} />}
                onOpen={openCall}
                onBack={() => (history.length > 1 ? history.back() : navigate('/live'))}
              />
            )}
          </Route>
        )}
        {allowed('numbers.read') && (
          <Route path="/numbers">
            <NumbersPage lostBar={<LostBar />} />
          </Route>
        )}
        {allowed('agents.read') && (
          <Route path="/agents">
            <AgentsPage lostBar={<LostBar />} />
          </Route>
        )}
        {allowed('agents.create') && (
          <Route path="/agents/new/:copy_of?">
            {({ copy_of }) => <AgentEditorPage agent_id={null} copy_of={copy_of ?? null} lostBar={<LostBar />} />}
          </Route>
        )}
        {allowed('agents.read') && (
          <Route path="/agents/:agent_id">
            {({ agent_id }) => <AgentEditorPage agent_id={agent_id} copy_of={null} lostBar={<LostBar />} />}
          </Route>
        )}
        {allowed('analytics.read') && (
          <Route path="/analytics/:agent_id?">
            {({ agent_id }) => (
              <AnalyticsPage
                key={agent_id ?? 'all'}
                agent_id={agent_id ?? null}
                lostBar={<LostBar />}
                onOpenCall={openCall}
              />
            )}
          </Route>
        )}
        <Route>{screens.length > 0 ? <Redirect to={home} /> : <NoScreen />}</Route>
      </Switch>
      <Announcements lane={lane} />
      {sheet === 'keys' && <KeySheet onClose={() => setSheet(null)} />}
      {sheet === 'palette' && <Finder screens={screens} onOpenCall={openCall} onClose={() => setSheet(null)} />}
    </div>
  )
}

/** A role without a screen here still learns why it sees none. */
function NoScreen() {
  return (
    <main className="page">
      <Empty icon={Lock} fact="Your role has no screen here">
        It does not read calls, agents or numbers of this tenant.
      </Empty>
    </main>
  )
}

function TopBar({
  lane,
  onFind,
  onShowKeys,
  onShowCall,
}: {
  lane: Lane
  onFind: () => void
  onShowKeys: () => void
  onShowCall: (call_sid: string) => void
}) {
  const simulated = useConsoleState((state) => state.setup?.simulated)
  const reads_calls = useConsoleState(may('calls.read'))
  return (
    <header className="topbar">
      <TenantSwitch />
      <button type="button" className="command" onClick={onFind}>
        <Icon of={Search} />
        <span>Find a call, agent, number or screen</span>
        <span className="keys">
          <kbd>Ctrl</kbd>
          <kbd>K</kbd>
        </span>
      </button>
      <span className="grow" />
      {(simulated?.phone || simulated?.model) && (
        <span className="sim" title={simulatorSays(simulated)}>
          <Icon of={FlaskConical} />
          <span>Simulator</span>
        </span>
      )}
      <LinkWord />
      {reads_calls && <Alerts lane={lane} onShow={onShowCall} />}
      <MeMenu onShowKeys={onShowKeys} />
    </header>
  )
}

/** Everything that can be found, and how to get there. */
function Finder({
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
  const items = useMemo(
    (): PaletteItem[] => [
      ...screens.map((screen) => ({
        id: screen.href,
        icon: screen.icon,
        word: screen.word,
        aside: 'screen',
        run: () => navigate(screen.href),
      })),
      ...Object.values(agents).map((agent) => ({
        id: agent.id,
        icon: Bot,
        word: agent.name,
        aside: 'agent',
        run: () => navigate(`/agents/${agent.id}`),
      })),
      ...Object.values(calls).map((call) => ({
        id: call.call_sid,
        icon: Phone,
        word: maskNumber(call.direction === 'inbound' ? call.from_number : call.to_number),
        aside: `call, ${call.agent_name ?? 'no agent yet'}`,
        also: call.live?.last_line?.text ?? '',
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
    [screens, agents, calls, numbers, navigate, onOpenCall],
  )
  return <Palette items={items} onClose={onClose} />
}

function simulatorSays(simulated: { phone: boolean; model: boolean }): string {
  const which = simulated.phone && simulated.model ? 'carrier or model' : simulated.phone ? 'carrier' : 'model'
  return `No ${which} credentials: the built-in simulator takes their place`
}

function Announcements({ lane }: { lane: Lane }) {
  const top = lane.needs[0]
  return <LiveRegion message={top ? `${lane.needs.length} need you. First: ${reasonWords(top.attention)}.` : ''} />
}

function useLane(): Lane {
  const calls = useConsoleState((state) => state.calls)
  const wall = useConsoleState((state) => state.wall)
  return useMemo(() => laneOf(callsOnWall({ calls, wall })), [calls, wall])
}

function useScreens(lane: Lane): RailItem[] {
  const me = useConsoleState(selectMe)
  const [location] = useLocation()
  const level = lane.needs.some((item) => item.attention.level === 3) ? 3 : 2
  return SCREENS.filter((screen) => me?.permissions.includes(screen.permission)).map((screen) => ({
    href: screen.href,
    word: screen.word,
    icon: screen.icon,
    is_on: location.startsWith(screen.href) || ('also' in screen && location.startsWith(screen.also)),
    ...(screen.href === '/live' ? { count: { value: lane.needs.length, level } } : {}),
  }))
}
