// What components receive instead of reaching for it: the store, the bridge behind their actions, time, sound.

import type { ReactNode } from 'react'
import { createContext, useContext, useMemo, useSyncExternalStore } from 'react'
import { useStore } from 'zustand'
import type { Bridge } from '../../../shared/bridge.ts'
import type { ConsoleStore } from '../store/create-store.ts'
import type { ConsoleState } from '../store/state.ts'
import type { AudioPlayer } from './audio-player.ts'
import type { Theme } from './theme.ts'
import type { Ticker } from './ticker.ts'

/** What actions are made of. */
export interface ConsolePorts {
  bridge: Bridge
  store: ConsoleStore
  ticker: Ticker
  theme: Theme
  /** Made at the first listening-in: a browser wants a click before it plays. */
  openAudio(): AudioPlayer
}

interface ConsoleValue extends ConsolePorts {
  actions: Map<unknown, unknown>
}

const ConsoleContext = createContext<ConsoleValue | null>(null)

export function ConsoleProvider({ ports, children }: { ports: ConsolePorts; children: ReactNode }) {
  const value = useMemo(() => ({ ...ports, actions: new Map() }), [ports])
  return <ConsoleContext value={value}>{children}</ConsoleContext>
}

export function useConsole(): ConsoleValue {
  const value = useContext(ConsoleContext)
  if (!value) throw new Error('A component of the console stands outside its ConsoleProvider.')
  return value
}

export function useConsoleState<T>(select: (state: ConsoleState) => T): T {
  return useStore(useConsole().store, select)
}

/** The actions of a feature, made once for the console. */
export function useActions<A>(create: (ports: ConsolePorts) => A): A {
  const value = useConsole()
  if (!value.actions.has(create)) value.actions.set(create, create(value))
  return value.actions.get(create) as A
}

/** The moment shown, in steps of `step_ms`. Epoch milliseconds; stands still while the link is lost. */
export function useNow(step_ms = 1_000): number {
  const { ticker } = useConsole()
  return useSyncExternalStore(ticker.subscribe, () => Math.floor(ticker.shown() / step_ms) * step_ms)
}

/** The real time, in whole seconds: for saying how old what is shown is. */
export function useRealNow(): number {
  const { ticker } = useConsole()
  return useSyncExternalStore(ticker.subscribe, () => Math.floor(ticker.real() / 1_000) * 1_000)
}
