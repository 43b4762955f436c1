// The whole console over a fake Bridge, as a user meets it.
import { act, cleanup, configure, render, waitFor } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, vi } from 'vitest'
import { App } from '../../../desktop/renderer/app.tsx'
import type { AudioPlayer } from '../../../desktop/renderer/lib/audio-player.ts'
import { createTheme } from '../../../desktop/renderer/lib/theme.ts'
import { createTicker } from '../../../desktop/renderer/lib/ticker.ts'
import { createConsoleStore } from '../../../desktop/renderer/store/create-store.ts'
import { followRelay } from '../../../desktop/renderer/store/follow-relay.ts'
import type { FakeOptions } from './fake-bridge.ts'
import { fakeBridge } from './fake-bridge.ts'

// A busy machine is no fault of the console. What is hidden is asked of the tree only where a test is about it.
vi.setConfig({ testTimeout: 60_000 })
configure({ defaultHidden: true, asyncUtilTimeout: 20_000 })

export interface AudioRecord {
  played: { speaker: string; at_ms: number }[]
  flushed: number
  finished: number
  closed: number
}

/** Called once in a test file. @returns opens a console, which is stopped after the test */
export function consoleForTests() {
  let stop: () => void = () => undefined
  afterEach(() => stop())
  return async (...args: Parameters<typeof openConsole>) => {
    const opened = await openConsole(...args)
    stop = opened.stop
    return opened
  }
}

/** Opens the console at a screen and waits until what the relay had is shown. */
export async function openConsole(options: FakeOptions & { at?: string } = {}) {
  cleanup()
  document.body.innerHTML = ''
  window.location.hash = options.at ?? '#/live'
  const bridge = fakeBridge(options)
  const store = createConsoleStore()
  const audio: AudioRecord = { played: [], flushed: 0, finished: 0, closed: 0 }
  const now = options.now ?? Date.now
  const openAudio = (): AudioPlayer => ({
    play: ({ speaker, at_ms }) => audio.played.push({ speaker, at_ms }),
    flush: () => {
      audio.flushed += 1
    },
    finish() {
      audio.finished += 1
    },
    close: () => {
      audio.closed += 1
    },
  })
  const ticker = createTicker({
    now,
    frozenAt: () => {
      const { link } = store.getState()
      return link.state === 'lost' ? Date.parse(link.as_of) : null
    },
    setInterval: () => null,
    clearInterval: () => undefined,
  })
  const stop = followRelay(bridge, store, {
    now,
    setTimeout: (run, ms) => setTimeout(() => act(run), ms <= 100 ? 5 : ms),
    clearTimeout: (timer) => clearTimeout(timer as number),
  })
  const user = userEvent.setup()
  const view = render(<App ports={{ bridge, store, ticker, theme: createTheme(window), openAudio }} />)
  await waitFor(() => {
    if (store.getState().session.state === 'restoring') throw new Error('The sign-in is not restored yet.')
  })
  await settle()
  return { bridge, store, audio, user, view, stop }
}

/** Lets answers arrive and the queued events be written. */
export async function settle(ms = 30): Promise<void> {
  await act(() => new Promise((done) => setTimeout(done, ms)))
}
