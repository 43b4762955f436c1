// The Bridge in a browser: stands for Electron's preload and main process. Same relay client, same interface.
import type { Bridge } from '../../../shared/bridge.ts'
import { createRelayClient } from '../../../shared/relay-client.ts'
import { heldByLock, heldByWord, isCopiedTab } from './copied-tab.ts'

const TOKEN_KEY = 'phony.refresh_token'
const TABS = 'phony.tabs'
/** A page that is loaded again has its tab's name sooner; only a copy waits this long. */
const NAME_WAIT_MS = 1_000

/**
 * A Bridge over the browser's fetch and WebSocket. The refresh token lies in the tab's session storage: it ends with
 * the tab, and other tabs do not share it. A duplicated tab asks to sign in, and the first one stays signed in.
 * @param window whose location says where the relay is; on this machine `?relay=` names another one
 * @source bridge.ts
 */
export function createBrowserBridge(window: Window & typeof globalThis): Bridge {
  const base_url = relayOf(window.location)
  // Once: asked again, the tab would find its own name taken.
  const settled = dropCopiedToken(window)
  const client = createRelayClient({
    base_url,
    fetch: (url, init) => window.fetch(url, init),
    openSocket: (url, protocols) => new window.WebSocket(url, protocols),
    secrets: {
      load: async () => {
        await settled
        return window.sessionStorage.getItem(TOKEN_KEY)
      },
      save: async (token) =>
        token === null ? window.sessionStorage.removeItem(TOKEN_KEY) : window.sessionStorage.setItem(TOKEN_KEY, token),
    },
    now: () => Date.now(),
    setTimeout: (run, ms) => window.setTimeout(run, ms),
    clearTimeout: (timer) => window.clearTimeout(timer as number),
    random: () => Math.random(),
  })
  return { shell: 'browser', ...client }
}

async function dropCopiedToken(window: Window & typeof globalThis): Promise<void> {
  // Over plain HTTP a page has neither locks nor random UUIDs.
  const locks = window.navigator.locks as LockManager | undefined
  const pause = (ms: number) => new Promise<void>((done) => window.setTimeout(done, ms))
  const is_copied = await isCopiedTab({
    storage: window.sessionStorage,
    hold: locks ? heldByLock(locks) : heldByWord(new window.BroadcastChannel(TABS), pause),
    patience: AbortSignal.timeout(NAME_WAIT_MS),
    newName: () => window.crypto.getRandomValues(new Uint32Array(4)).join('-'),
  })
  if (is_copied) window.sessionStorage.removeItem(TOKEN_KEY)
}

/** Elsewhere a link could show a company's own sign-in page and send what is typed there to somebody else. */
export function relayOf({ hostname, origin, search }: Pick<Location, 'hostname' | 'origin' | 'search'>): string {
  const named = new URLSearchParams(search).get('relay')
  return named !== null && ['localhost', '127.0.0.1', '[::1]'].includes(hostname) ? named : origin
}
