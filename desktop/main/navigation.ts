// The window shows the console and nothing else, ever. Links to the web open in the user's own browser.
import type { WebContents } from 'electron'
import { shell } from 'electron'

/** @source desktop.md section 4, "all navigation prevented" */
export function guardNavigation(contents: WebContents): void {
  contents.on('will-navigate', (event, url) => {
    event.preventDefault()
    openOutside(url)
  })
  contents.on('will-redirect', (event) => event.preventDefault())
  contents.on('will-attach-webview', (event) => event.preventDefault())
  contents.setWindowOpenHandler(({ url }) => {
    openOutside(url)
    return { action: 'deny' }
  })
}

// Only https: other schemes start programs, and plain http shows what was asked to everyone on the way.
function openOutside(url: string): void {
  if (/^https:\/\//i.test(url)) void shell.openExternal(url)
}
