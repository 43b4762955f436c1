// The console's main process. Composition only: what it is made of, and what happens when it starts, when it is started
// again, and when somebody follows a link to a call.
import { join } from 'node:path'
import { app, dialog, session } from 'electron'
import type { Console } from './console.ts'
import { openConsole } from './console.ts'
import { registerConsoleScheme, serveConsole } from './console-protocol.ts'
import { callOfLink, type Launch, readLaunch, relayUrl, Settings } from './launch.ts'
import { setMenu } from './menu.ts'
import { guardNavigation } from './navigation.ts'
import { restrictPermissions } from './permissions.ts'
import { readJson } from './stored-json.ts'
import { showWindow } from './window.ts'

const launch = readLaunch(process.argv)
let current: Console | null = null
let followed_early: string | null = null

// As root there is no sandbox of the operating system; asking for it would kill every process of the page.
if (!app.commandLine.hasSwitch('no-sandbox')) app.enableSandbox()
moveDataFolder()
registerConsoleScheme()
if (app.requestSingleInstanceLock()) {
  app.on('second-instance', (_event, argv) => void startedAgain(readLaunch(argv)))
  app.on('open-url', (_event, link) => followed(callOfLink(link)))
  app.on('web-contents-created', (_event, contents) => guardNavigation(contents))
  app.on('window-all-closed', () => app.quit())
  void app.whenReady().then(start)
} else {
  // The one that runs has our arguments now.
  app.quit()
}

// The lock of the single instance lies in the data folder, so this comes before it.
function moveDataFolder(): void {
  const named = app.commandLine.getSwitchValue('user-data-dir')
  if (named) app.setPath('userData', named)
}

function start(): void {
  if (app.isPackaged) app.setAsDefaultProtocolClient('phony')
  app.setAppUserModelId('phony.console')
  setMenu()
  restrictPermissions(session.defaultSession)
  serveConsole(join(__dirname, '../renderer'))
  const settings = readJson(join(app.getPath('userData'), 'settings.json'), Settings)
  open(relayUrl(launch, process.env, settings), launch.call_sid ?? followed_early)
}

function open(relay_url: string, call_sid: string | null): void {
  current = openConsole(app.getPath('userData'), relay_url, call_sid)
}

/** A link from the system; before the console is there, it waits. */
function followed(call_sid: string | null): void {
  if (current) showWindow(current.window, call_sid)
  else followed_early = call_sid ?? followed_early
}

/** Somebody started the console while it runs: it comes to the front, and goes to another relay only when that is meant. */
async function startedAgain({ relay_url, call_sid }: Launch): Promise<void> {
  followed(call_sid)
  const earlier = current
  if (!earlier || relay_url === null || relay_url === earlier.relay_url) return
  if (earlier.isSignedIn() && !(await isMeant(earlier, relay_url))) return
  open(relay_url, call_sid)
  earlier.window.destroy()
}

async function isMeant({ window, relay_url }: Console, other_url: string): Promise<boolean> {
  const { response } = await dialog.showMessageBox(window, {
    type: 'question',
    message: `Go to the relay at ${other_url}?`,
    detail: `This console shows ${relay_url} and would leave it. The calls there go on.`,
    buttons: ['Stay here', 'Go there'],
    defaultId: 0,
    cancelId: 0,
  })
  return response === 1
}
