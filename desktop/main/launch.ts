// What a start asks for: which relay, and which call. Read from the arguments of this process, or of a second one that
// handed its own over.
import { z } from 'zod'
import { CallSid } from '../../shared/primitives.ts'

/** Where a relay listens when nobody says otherwise. Source: relay/config.ts, PORT. */
const DEFAULT_RELAY_URL = 'http://localhost:8080'
const LINK_SCHEME = 'phony:'
const RELAY_ARGUMENT = '--relay='

const RelayUrl = z.url({ protocol: /^https?$/ }).transform((url) => url.replace(/\/+$/, ''))

/** `settings.json` in the user's data folder, for installations that are not started with an argument. */
export const Settings = z.object({ relay_url: RelayUrl.optional() })
export type Settings = z.output<typeof Settings>

export interface Launch {
  /** Null when the arguments name none. */
  relay_url: string | null
  /** The call a `phony://` link leads to. */
  call_sid: string | null
}

/**
 * Nothing after a link is read: the link comes from outside, and on some systems it could bring arguments of its own.
 * @param argv of a process, its executable included
 * @returns nulls for what is not there or not well formed
 * @throws never
 * @source ours
 */
export function readLaunch(argv: readonly string[]): Launch {
  const link_at = argv.findIndex((word) => word.toLowerCase().startsWith(LINK_SCHEME))
  const own = link_at < 0 ? argv : argv.slice(0, link_at)
  const named = own.findLast((word) => word.startsWith(RELAY_ARGUMENT))?.slice(RELAY_ARGUMENT.length)
  return {
    relay_url: RelayUrl.safeParse(named).data ?? null,
    call_sid: link_at < 0 ? null : callOfLink(argv[link_at] ?? ''),
  }
}

/**
 * The relay of this start: argument, then environment, then settings.
 * @throws never; what is not an http or https address is passed over
 * @source ours
 */
export function relayUrl(launch: Launch, env: NodeJS.ProcessEnv, settings: Settings | null): string {
  const from_env = RelayUrl.safeParse(env.PHONY_RELAY_URL).data
  return launch.relay_url ?? from_env ?? settings?.relay_url ?? DEFAULT_RELAY_URL
}

/**
 * The call a link like `phony://call/CA…` leads to. A link only ever leads somewhere; it never acts.
 * @returns null for anything else
 * @throws never
 * @source ours
 */
export function callOfLink(link: string): string | null {
  const named = /^phony:\/\/call\/([^/?#]+)\/?$/i.exec(link)?.[1]
  return CallSid.safeParse(named).data ?? null
}
