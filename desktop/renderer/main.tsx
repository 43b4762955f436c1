// Opens the console: takes the Bridge from Electron's preload, or makes one for a browser, and hands it to the app.
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import type { Bridge } from '../../shared/bridge.ts'
import { App } from './app.tsx'
import { tellRefused } from './components/toast.tsx'
import { openAudioPlayer } from './lib/audio-player.ts'
import { createBrowserBridge } from './lib/browser-bridge.ts'
import workletUrl from './lib/mulaw-worklet.ts?worker&url'
import { createTheme } from './lib/theme.ts'
import { createTicker } from './lib/ticker.ts'
import { createConsoleStore } from './store/create-store.ts'
import { followRelay } from './store/follow-relay.ts'
import './styles/index.css'

declare global {
  interface Window {
    /** Exposed by Electron's preload. */
    phony?: Bridge
  }
}

const root = document.getElementById('root')
if (!root) throw new Error('The page has no place for the console.')

const bridge = window.phony ?? createBrowserBridge(window)
const store = createConsoleStore()
const timing = {
  now: () => Date.now(),
  setTimeout: (run: () => void, ms: number) => window.setTimeout(run, ms),
  clearTimeout: (timer: unknown) => window.clearTimeout(timer as number),
}
const ticker = createTicker({
  now: timing.now,
  frozenAt: () => {
    const { link } = store.getState()
    return link.state === 'lost' ? Date.parse(link.as_of) : null
  },
  setInterval: (run, ms) => window.setInterval(run, ms),
  clearInterval: (timer) => window.clearInterval(timer as number),
})
const openAudio = () =>
  openAudioPlayer(workletUrl, (error) =>
    tellRefused('The call cannot be heard', {
      type: 'about:blank',
      title: 'No sound',
      status: 0,
      code: 'INTERNAL',
      detail: `The sound device did not open: ${error instanceof Error ? error.message : String(error)}.`,
    }),
  )

followRelay(bridge, store, timing)
createRoot(root).render(
  <StrictMode>
    <App ports={{ bridge, store, ticker, theme: createTheme(window), openAudio }} />
  </StrictMode>,
)
