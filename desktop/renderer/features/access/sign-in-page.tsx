// Signing in: one click on a demo user, or the own account below.
import { ArrowRight, Check, CircleX } from 'lucide-react'
import { useEffect, useRef, useState } from 'react'
import { useForm } from 'react-hook-form'
import type { DemoUser } from '../../../../shared/contract/access.ts'
import type { Problem } from '../../../../shared/errors.ts'
import type { Role } from '../../../../shared/permissions.ts'
import { Face } from '../../components/face.tsx'
import { Input } from '../../components/field.tsx'
import { Icon } from '../../components/icon.tsx'
import { Mark } from '../../components/mark.tsx'
import { useActions, useConsole, useConsoleState } from '../../lib/console-context.tsx'
import { countOf } from '../../lib/format.ts'
import { useIsMissed } from '../../lib/slow.ts'
import { useUnsaved } from '../../lib/unsaved.ts'
import { problemWords, ROLE_WORDS } from '../../lib/wording.ts'
import { selectEnded } from '../../store/selectors.ts'
import { createAccessActions } from './access-actions.ts'

/** How often a relay that does not answer is asked again. */
const ASK_AGAIN_MS = 3_000

export function SignInPage() {
  const actions = useActions(createAccessActions)
  const setup = useConsoleState((state) => state.setup)
  const [problem, setProblem] = useState<Problem | null>(null)
  const [is_busy, setBusy] = useState(false)
  const is_missed = useIsMissed(is_busy)
  // Asked when the console opened; a relay that did not answer then may be there now.
  useEffect(() => {
    if (setup) return
    const timer = setInterval(() => void actions.readSetup(), ASK_AGAIN_MS)
    return () => clearInterval(timer)
  }, [setup, actions])
  const signIn = async (input: { email: string; password: string; tenant_id?: string }) => {
    setBusy(true)
    const reply = await actions.signIn(input)
    setBusy(false)
    setProblem(reply.ok ? null : reply.problem)
  }
  return (
    <main className="si">
      <Left />
      <section className="si-r">
        <div className="si-box">
          <h1>Sign in</h1>
          <WhyHere />
          <RelayLine />
          {setup && setup.demo_users.length > 0 && (
            <DemoUsers users={setup.demo_users} is_busy={is_busy} onPick={signIn} />
          )}
          <p className="help" role="status">
            {is_missed && 'Signing in…, the relay has not answered yet'}
          </p>
          <OwnAccount problem={problem} is_busy={is_busy} onSubmit={signIn} />
        </div>
      </section>
    </main>
  )
}

/** Who did not ask to leave learns what happened, and that what they wrote waits for them. */
function WhyHere() {
  const ended = useConsoleState(selectEnded)
  const waiting = useConsoleState((state) => Object.keys(state.drafts).length + Object.keys(state.overrides).length)
  useUnsaved('drafts', waiting > 0)
  if (!ended) return null
  return (
    <p className="help bad mb-3" role="alert">
      <Icon of={CircleX} className="s" /> Your sign-in has ended.{' '}
      {waiting > 0
        ? `${countOf(waiting, 'draft')} of yours ${waiting === 1 ? 'is' : 'are'} kept`
        : 'Nothing was changed'}
      : sign in again as {ended.name} to go on.
    </p>
  )
}

function Left() {
  return (
    <section className="si-l">
      <div className="row gap-2.5">
        <span className="si-mark">
          <Mark />
        </span>
        <b className="text-lg tracking-tight">Phony</b>
      </div>
      <Voices />
      <div>
        <p className="si-big">Every call, as it is spoken.</p>
        <p className="ink2 mt-1.5 max-w-[44ch]">
          Watch the calls your agents are on. Step in where a person is needed. Know that it worked.
        </p>
      </div>
    </section>
  )
}

const WIDTHS = [64, 56, 120, 110, 40, 76, 90, 44, 150]
/** Seven calls, one of them seen: where each starts in the widths, and who speaks first. */
const LINES = [
  { from: 0, agent_first: false },
  { from: 8, agent_first: true },
  { from: 7, agent_first: false },
  { from: 6, agent_first: true },
  { from: 5, agent_first: false },
  { from: 4, agent_first: true },
  { from: 3, agent_first: false },
]

function Voices() {
  return (
    <div className="si-score" aria-hidden="true">
      {LINES.map((line) => (
        <div key={line.from}>
          {Array.from({ length: 22 }, (_, index) => (
            <i
              // biome-ignore lint/suspicious/noArrayIndexKey: a drawing that never changes
              key={index}
              className={(index % 2 === 0) === line.agent_first ? 'a' : 'c'}
              style={{ width: WIDTHS[(line.from + index) % WIDTHS.length] }}
            />
          ))}
        </div>
      ))}
    </div>
  )
}

function RelayLine() {
  const { bridge } = useConsole()
  const setup = useConsoleState((state) => state.setup)
  return (
    <div>
      <p className="field">
        <span className="dim">Relay</span>
        <span className="mono trunc">{bridge.relay_url}</span>
      </p>
      <ol className="receipt mt-[7px]" aria-label="The relay">
        {setup ? (
          <>
            <li className="done">
              <Icon of={Check} />
              <span>Reached</span>
            </li>
            <li className="done">
              <Icon of={Check} />
              <span>Version {setup.version}</span>
            </li>
          </>
        ) : (
          <li className="wait">
            <i className="dash" />
            <span>Reaching the relay</span>
          </li>
        )}
      </ol>
    </div>
  )
}

const DOES: Record<Role, string> = {
  supervisor: 'watch the live calls',
  agent_manager: 'build agents, assign numbers',
  analyst: 'read only',
  tenant_admin: 'everything of one tenant',
  platform_admin: 'tenants, limits, comparison',
}

function DemoUsers({
  users,
  is_busy,
  onPick,
}: {
  users: readonly DemoUser[]
  is_busy: boolean
  onPick: (user: { email: string; password: string; tenant_id: string }) => void
}) {
  const likely = useRef<HTMLButtonElement>(null)
  const ended = useConsoleState(selectEnded)
  // Somebody else's sign-in would drop what waits here.
  const likely_at = ended ? users.findIndex((user) => user.email === ended.email) : 0
  // Enter signs in: who is likely to has the focus, unless somebody already writes.
  useEffect(() => {
    if (document.activeElement === document.body) likely.current?.focus()
  }, [])
  return (
    <>
      <h2 className="sec mt-[22px] mb-0.5">Demo users</h2>
      <p className="xs dim mb-2">This relay runs the demo on its built-in simulator. One click signs in.</p>
      <ul className="demo">
        {users.map((user, index) => (
          <li key={`${user.email}${user.tenant_id}`}>
            <button
              type="button"
              ref={index === likely_at ? likely : undefined}
              disabled={is_busy}
              onClick={() => onPick({ email: user.email, password: user.password, tenant_id: user.tenant_id })}
            >
              <Face name={user.name} size="md" />
              <span>
                <b>{user.name}</b>
                <span className="ink2">{user.roles.map((role) => ROLE_WORDS[role]).join(', ')}</span>
                <br />
                <span className="xs dim">
                  {user.tenant_name} · {user.roles[0] ? DOES[user.roles[0]] : ''}
                </span>
              </span>
              <Icon of={ArrowRight} className="dim s" />
              <kbd>↵</kbd>
            </button>
          </li>
        ))}
      </ul>
    </>
  )
}

interface Account {
  email: string
  password: string
}

function OwnAccount({
  problem,
  is_busy,
  onSubmit,
}: {
  problem: Problem | null
  is_busy: boolean
  onSubmit: (account: Account) => void
}) {
  const { shell } = useConsole().bridge
  const { register, handleSubmit } = useForm<Account>()
  return (
    <form className="own" onSubmit={handleSubmit(onSubmit)} aria-label="Your own account">
      <h2 className="sec mb-2.5">Your own account</h2>
      <div className="two">
        <div>
          <label className="label" htmlFor="email">
            Email
          </label>
          <Input
            id="email"
            type="email"
            autoComplete="username"
            required
            aria-invalid={problem !== null}
            aria-describedby="sign-in-problem"
            {...register('email')}
          />
        </div>
        <div>
          <label className="label" htmlFor="password">
            Password
          </label>
          <Input id="password" type="password" autoComplete="current-password" required {...register('password')} />
        </div>
      </div>
      <p className="help bad" id="sign-in-problem" role="alert">
        {problem && (
          <>
            <Icon of={CircleX} className="s" /> {problemWords(problem)}
          </>
        )}
      </p>
      <div className="row mt-2.5">
        <button type="submit" className="btn" disabled={is_busy}>
          Sign in
        </button>
        <span className="xs dim">
          {shell === 'browser'
            ? 'You stay signed in until this tab is closed.'
            : 'You stay signed in where this computer has a keyring.'}
        </span>
      </div>
    </form>
  )
}
