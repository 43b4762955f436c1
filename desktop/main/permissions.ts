// What the page may use of the computer: copying text and showing notifications. Everything else is refused, asked for
// or looked up alike.
import type { Session } from 'electron'
import { CONSOLE_ORIGIN } from './console-protocol.ts'

const GRANTED: ReadonlySet<string> = new Set(['clipboard-sanitized-write', 'notifications'])

/** @source desktop.md section 4; Electron, "Handle session permission requests from remote content" */
export function restrictPermissions(session: Session): void {
  session.setPermissionRequestHandler((contents, permission, answer, details) => {
    answer(GRANTED.has(permission) && details.isMainFrame && isOurs(contents.getURL()))
  })
  session.setPermissionCheckHandler((_contents, permission, origin) => GRANTED.has(permission) && isOurs(origin))
  session.setDevicePermissionHandler(() => false)
}

const isOurs = (url: string): boolean => url === CONSOLE_ORIGIN || url.startsWith(`${CONSOLE_ORIGIN}/`)
