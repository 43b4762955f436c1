// Runs beside the page, in its sandbox, and gives it a Bridge and nothing else: no channel names, no Electron.
import { contextBridge, ipcRenderer } from 'electron'
import type { Bridge, LinkMessage, ListenMessage } from '../../shared/bridge.ts'

type Listener = (message: LinkMessage | ListenMessage) => void

const RELAY_ARGUMENT = '--phony-relay='

const listeners = new Map<number, Listener>()
let last_id = 0

ipcRenderer.on('phony:message', (_event, id: number, message: LinkMessage | ListenMessage) => {
  listeners.get(id)?.(message)
})

const invoke = (method: keyof Bridge, ...args: unknown[]) => ipcRenderer.invoke('phony:invoke', method, args)

function open(stream: keyof Bridge, args: unknown[], listener: Listener): () => void {
  last_id += 1
  const id = last_id
  listeners.set(id, listener)
  ipcRenderer.send('phony:open', id, stream, args)
  return () => {
    if (listeners.delete(id)) ipcRenderer.send('phony:stop', id)
  }
}

const bridge: Bridge = {
  shell: 'electron',
  relay_url: process.argv.find((word) => word.startsWith(RELAY_ARGUMENT))?.slice(RELAY_ARGUMENT.length) ?? '',
  restore: () => invoke('restore'),
  signIn: (input) => invoke('signIn', input),
  signOut: () => invoke('signOut'),
  switchTenant: (tenant_id) => invoke('switchTenant', tenant_id),
  request: (name, input) => invoke('request', name, input),
  subscribe: (listener) => open('subscribe', [], listener as Listener),
  listen: (call_sid, listener) => open('listen', [call_sid], listener as Listener),
}

contextBridge.exposeInMainWorld('phony', bridge)
