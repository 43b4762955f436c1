// One console: a relay, a window that shows it, and the bridge between the two. They live and end together.
import { join } from 'node:path'
import type { BrowserWindow } from 'electron'
import { powerMonitor } from 'electron'
import { keepCredentials } from './credentials.ts'
import { serveBridge } from './ipc.ts'
import { openRelay } from './relay-client.ts'
import { openWindow } from './window.ts'

export interface Console {
  readonly relay_url: string
  readonly window: BrowserWindow
  isSignedIn(): boolean
}

/**
 * Opens a console; it ends with its window.
 * @param data_folder of this user
 * @source ours
 */
export function openConsole(data_folder: string, relay_url: string, call_sid: string | null): Console {
  let is_signed_in = false
  const relay = openRelay({
    base_url: relay_url,
    secrets: keepCredentials(join(data_folder, 'credentials.json'), relay_url),
    onMessage(message) {
      if (message.type === 'link') is_signed_in = message.link.state !== 'signed_out'
    },
  })
  const window = openWindow({ relay_url, state_file: join(data_folder, 'window.json'), call_sid })
  serveBridge(window.webContents, relay.client)

  const sleep = () => relay.disconnect()
  const wake = () => relay.reconnect()
  powerMonitor.on('suspend', sleep)
  powerMonitor.on('resume', wake)
  window.on('closed', () => {
    powerMonitor.off('suspend', sleep)
    powerMonitor.off('resume', wake)
    relay.client.close()
  })
  return { relay_url, window, isSignedIn: () => is_signed_in }
}
