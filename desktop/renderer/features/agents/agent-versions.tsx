// Every saved state of an agent, and what the chosen one changed.
import { useEffect, useState } from 'react'
import type { Agent, AgentVersion } from '../../../../shared/contract/agents.ts'
import type { Problem } from '../../../../shared/errors.ts'
import { ShowMore } from '../../components/show-more.tsx'
import { Failed, Loading } from '../../components/standing.tsx'
import { useActions, useConsoleState, useNow } from '../../lib/console-context.tsx'
import { countOf, formatDate } from '../../lib/format.ts'
import { isLost } from '../../store/selectors.ts'
import { createAgentActions } from './agent-actions.ts'
import { AgentState } from './agent-state.tsx'
import { versionChanges } from './version-changes.ts'

export function AgentVersions({
  agent,
  onRestore,
}: {
  agent: Agent
  /** Writes a version into the form; null for who may not save. */
  onRestore: ((version: AgentVersion) => void) | null
}) {
  const zone = useConsoleState((state) => state.tenant?.time_zone)
  const now = useNow(60_000)
  const { versions, problem, has_more, is_reading, more, again } = useVersions(agent)
  const [chosen, setChosen] = useState<number | null>(null)
  const shown = versions?.find((version) => version.version === (chosen ?? agent.version)) ?? versions?.[0]
  const older = versions?.find((version) => shown && version.version < shown.version)
  const changes = shown ? versionChanges(shown, older) : []
  return (
    <section className="col" aria-label="Versions">
      <div className="col-h">
        <h2>Versions</h2>
        {versions && (
          <span className="dim num xs">{has_more ? `${versions.length} of ${agent.version}` : versions.length}</span>
        )}
      </div>
      <div className="col-scroll">
        {problem && !versions && <Failed what="Versions" problem={problem} onRetry={again} />}
        {!versions && !problem && <Loading what="versions" />}
        {versions?.map((version) => (
          <button
            key={version.version}
            type="button"
            className={`ver ver-pick ${version === shown ? 'now' : ''}`}
            aria-pressed={version === shown}
            onClick={() => setChosen(version.version)}
          >
            <b>v{version.version}</b>
            <span className="trunc">{version.note ?? 'No note'}</span>
            {version.version === agent.version ? <AgentState agent={agent} /> : <span />}
            <span className="meta">
              <span>{version.changed_by.name}</span>
              <span className="num">{formatDate(version.changed_at, zone, now)}</span>
            </span>
          </button>
        ))}
        {has_more && <ShowMore word="Show older" is_reading={is_reading} problem={problem} onMore={more} />}
        {shown && (older || shown.version !== agent.version) && (
          <div className="col-h sub">
            <h2>{older ? `v${older.version} to v${shown.version}` : `v${shown.version}`}</h2>
            {older && <span className="xs dim">{countOf(changes.length, 'field')}</span>}
            <span className="grow" />
            {onRestore && shown.version !== agent.version && (
              <button type="button" className="btn sm quiet" onClick={() => onRestore(shown)}>
                Restore v{shown.version}
              </button>
            )}
          </div>
        )}
        {older && (
          <div className="diffp">
            {changes.length === 0 && <p className="dim">No field differs.</p>}
            {changes.map((change) => (
              <div key={change.field}>
                <p className="label diff-field">{change.field}</p>
                {change.before && <p className="del">{change.before}</p>}
                {change.after && <p className="add">{change.after}</p>}
              </div>
            ))}
          </div>
        )}
      </div>
    </section>
  )
}

interface Read {
  agent_id: string
  versions: AgentVersion[]
  next_cursor: string | null
}

/** The versions of an agent, and what reads on. The newest are read again when one was saved, and when the link is back. */
function useVersions(agent: Agent) {
  const actions = useActions(createAgentActions)
  const is_lost = useConsoleState(isLost)
  const [read, setRead] = useState<Read | null>(null)
  const [problem, setProblem] = useState<Problem | null>(null)
  const [is_reading, setReading] = useState(false)
  const [tries, setTries] = useState(0)
  // biome-ignore lint/correctness/useExhaustiveDependencies: read again when a version was saved, when asked, and when the link is back
  useEffect(() => {
    let is_here = true
    void actions.readVersions(agent.id, null).then((reply) => {
      if (!is_here) return
      setProblem(reply.ok ? null : reply.problem)
      if (reply.ok) setRead((at) => newestOf(agent.id, reply.value, at))
    })
    return () => {
      is_here = false
    }
  }, [agent.id, agent.version, is_lost, tries])
  const more = async () => {
    const cursor = read?.next_cursor
    if (!cursor || is_reading) return
    setReading(true)
    const reply = await actions.readVersions(agent.id, cursor)
    setReading(false)
    setProblem(reply.ok ? null : reply.problem)
    if (!reply.ok) return
    const { items, next_cursor } = reply.value
    setRead((at) => (at?.next_cursor === cursor ? { ...at, versions: [...at.versions, ...items], next_cursor } : at))
  }
  return {
    versions: read?.versions ?? null,
    problem,
    has_more: read?.next_cursor != null,
    is_reading,
    more: () => void more(),
    again: () => setTries(tries + 1),
  }
}

/** The newest page with what was read of the older ones, where the two meet. */
function newestOf(
  agent_id: string,
  page: { items: AgentVersion[]; next_cursor: string | null },
  at: Read | null,
): Read {
  const last = page.items.at(-1)?.version ?? 0
  const meets = at?.agent_id === agent_id && (at.versions[0]?.version ?? 0) >= last - 1
  if (!meets) return { agent_id, versions: page.items, next_cursor: page.next_cursor }
  const older = at.versions.filter((version) => version.version < last)
  return {
    ...at,
    versions: [...page.items, ...older],
    next_cursor: older.length > 0 ? at.next_cursor : page.next_cursor,
  }
}
