// A page with unsaved text asks before it is left. A browser asks by itself; Electron would only stay, without a word.
import type { BrowserWindow } from 'electron'
import { dialog } from 'electron'

const STAY = 0
const LEAVE = 1

/**
 * Asks whether to leave when the page says that something is unsaved: at a reload, and when the window is closed.
 * @source Electron, webContents event "will-prevent-unload"
 */
export function askBeforeLeaving(window: BrowserWindow): void {
  window.webContents.on('will-prevent-unload', (event) => {
    const answer = dialog.showMessageBoxSync(window, {
      type: 'question',
      message: 'Leave without saving?',
      detail: 'What you wrote and did not apply or save is lost.',
      buttons: ['Keep writing', 'Leave'],
      defaultId: STAY,
      cancelId: STAY,
      noLink: true,
    })
    // Here to prevent means: to take no notice of the page's wish.
    if (answer === LEAVE) event.preventDefault()
  })
}
