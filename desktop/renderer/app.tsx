// Composes the console: who may see which screen, the shell around it, and the keys that act everywhere.
import { AudioLines, Bot, ChartColumn, FlaskConical, Hash, Lock, Search } from 'lucide-react'
import { useEffect, useLayoutEffect, useMemo, useState } from 'react'
import { Redirect, Route, Router, Switch, useLocation } from 'wouter'
import { useHashLocation } from 'wouter/use-hash-location'
import type { Permission } from '../../shared/permissions.ts'
import { Icon } from './components/icon.tsx'
import { KeySheet } from './components/key-sheet.tsx'
import { LiveRegion } from './components/live-region.tsx'
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
import { readAddress } from './features/analytics/address.ts'
import { AnalyticsPage } from './features/analytics/analytics-page.tsx'
import { Alerts } from './features/calls/alerts.tsx'
import { createCallActions } from './features/calls/call-actions.ts'
import { CallPage } from './features/calls/call-page.tsx'
import { ListeningNote } from './features/calls/listening-note.tsx'
import { LivePage } from './features/calls/live-page.tsx'
import { ContextColumn } from './features/context/context-column.tsx'
import { ContextGlance } from './features/context/context-layers.tsx'
import { UnsavedOverrides } from './features/context/unsaved-overrides.tsx'
import { NumbersPage } from './features/numbers/numbers-page.tsx'
import { Finder } from './finder.tsx'
import type { ConsolePorts } from './lib/console-context.tsx'
import { ConsoleProvider, useActions, useConsoleState } from './lib/console-context.tsx'
import { useKeys } from './lib/keyboard.ts'
import { useUnsaved } from './lib/unsaved.ts'
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
  const session = useConsoleState((state) => state.session)
  const [location, navigate] = useLocation()
  const who = session.state === 'signed_in' ? `${session.me.user.id}/${session.me.tenant_id}` : null
  const [shown_to, setShownTo] = useState<string | null>(null)
  // biome-ignore lint/correctness/useExhaustiveDependencies: restored once, when the console opens
  useEffect(() => {
    void actions.restore()
  }, [])
  // In another tenant, and for another person, what the address names is nobody's: the list of its place is there.
  // biome-ignore lint/correctness/useExhaustiveDependencies: only when who is shown something changes
  useLayoutEffect(() => {
    if (who === null || who === shown_to) return
    if (shown_to !== null) navigate(listOf(location), { replace: true })
    setShownTo(who)
  }, [who])
  if (session.state === 'restoring') return <Loading what="your sign-in" />
  if (who === null) return <SignInPage />
  return who === shown_to ? <Shell key={who} /> : null
}

/** The list of a place: `/agents/ag_…` is among `/agents`, a call among the live ones. */
function listOf(location: string): string {
  const place = location.split('/')[1] ?? ''
  return place === 'calls' ? '/live' : `/${place}`
}

function Shell() {
  const [location, navigate] = useLocation()
  const [sheet, setSheet] = useState<'keys' | 'palette' | null>(null)
  const lane = useLane()
  const calls = useActions(createCallActions)
  const screens = useScreens(lane)
  const home = screens[0]?.href ?? '/none'
  const me = useConsoleState(selectMe)
  useUnsaved(
    'drafts',
    useConsoleState((state) => Object.keys(state.drafts).length > 0),
  )
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
        onSignedOut={() => navigate(listOf(location), { replace: true })}
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
                lane={lane}
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
          <Route path="/analytics/*?">
            {({ '*': rest }) => (
              <AnalyticsPage view={readAddress(rest ?? '')} lostBar={<LostBar />} onOpenCall={openCall} />
            )}
          </Route>
        )}
        <Route>{screens.length > 0 ? <Redirect to={home} /> : <NoScreen />}</Route>
      </Switch>
      <UnsavedOverrides />
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
  onSignedOut,
  onShowCall,
}: {
  lane: Lane
  onFind: () => void
  onShowKeys: () => void
  onSignedOut: () => void
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
      {reads_calls && <ListeningNote />}
      {(simulated?.phone || simulated?.model) && (
        <span className="sim" title={simulatorSays(simulated)}>
          <Icon of={FlaskConical} />
          <span>Simulator</span>
        </span>
      )}
      <LinkWord />
      {reads_calls && <Alerts lane={lane} onShow={onShowCall} />}
      <MeMenu onShowKeys={onShowKeys} onSignedOut={onSignedOut} />
    </header>
  )
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
