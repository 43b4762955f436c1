// The console's window: its frame, its place on the screen, and what of the page's life concerns it.
import { join } from 'node:path'
import { BrowserWindow, nativeTheme, screen } from 'electron'
import { CONSOLE_URL } from './console-protocol.ts'
import { askBeforeLeaving } from './leave-question.ts'
import { readJson, writeJson } from './stored-json.ts'
import type { Bounds } from './window-bounds.ts'
import { MIN_SIZE, placeWindow, WindowState } from './window-bounds.ts'

/** `--bg-app` of the page's tokens: what is seen until the page paints. */
const BACKGROUND = { light: '#f0f3f1', dark: '#0b0d0c' } as const
/** The page's top bar is the title bar. One pixel less leaves its lower hairline whole. Source: design.md section 3. */
const TOP_BAR_PX = 44
/** Seen on light and dark ground alike, as the page's theme may differ from the system's. */
const CONTROL_COLOUR = '#83898a'
const SAVE_AFTER_MS = 500
/** A page that dies twice within this time is not loaded a third time. */
const CRASH_AGAIN_MS = 10_000

export interface WindowOptions {
  relay_url: string
  /** Where size and place are kept. */
  state_file: string
  call_sid: string | null
}

/**
 * Opens the window and loads the console into it.
 * @source desktop.md sections 2a and 4; design.md section 3
 */
export function openWindow({ relay_url, state_file, call_sid }: WindowOptions): BrowserWindow {
  const state = readJson(state_file, WindowState)
  const window = new BrowserWindow({
    ...placeWindow(state?.bounds ?? null, workAreas()),
    ...frame(),
    minWidth: MIN_SIZE.width,
    minHeight: MIN_SIZE.height,
    title: 'Phony',
    show: false,
    autoHideMenuBar: true,
    backgroundColor: nativeTheme.shouldUseDarkColors ? BACKGROUND.dark : BACKGROUND.light,
    webPreferences: {
      preload: join(__dirname, '../preload/index.cjs'),
      contextIsolation: true,
      sandbox: true,
      nodeIntegration: false,
      webviewTag: false,
      spellcheck: false,
      // Calls go on, and are heard, while the window is behind another.
      backgroundThrottling: false,
      additionalArguments: [`--phony-relay=${relay_url}`],
    },
  })
  if (state?.is_maximized) window.maximize()
  keepState(window, state_file)
  loadAgainAfterCrash(window)
  askBeforeLeaving(window)
  // Shown with its first paint, so that nobody sees an empty one.
  window.once('ready-to-show', () => window.show())
  void window.loadURL(urlOf(call_sid))
  return window
}

/** Brings the window to the front, at a call if one is named. Only the part after `#` changes: nothing is loaded. */
export function showWindow(window: BrowserWindow, call_sid: string | null): void {
  if (window.isMinimized()) window.restore()
  window.show()
  window.focus()
  if (call_sid !== null) void window.loadURL(urlOf(call_sid))
}

const urlOf = (call_sid: string | null): string =>
  call_sid === null ? CONSOLE_URL : `${CONSOLE_URL}#/calls/${call_sid}`

// Linux draws window controls over the page from Electron 32 on; before, a hidden title bar would leave none.
function frame(): Electron.BrowserWindowConstructorOptions {
  const major = Number(process.versions.electron.split('.')[0])
  if (process.platform === 'linux' && major < 32) return {}
  return {
    titleBarStyle: 'hidden',
    titleBarOverlay: { color: '#00000000', symbolColor: CONTROL_COLOUR, height: TOP_BAR_PX - 1 },
    ...(process.platform === 'darwin' && { trafficLightPosition: { x: 10, y: 14 } }),
  }
}

function workAreas(): Bounds[] {
  const primary = screen.getPrimaryDisplay()
  const others = screen.getAllDisplays().filter((display) => display.id !== primary.id)
  return [primary, ...others].map((display) => display.workArea)
}

function keepState(window: BrowserWindow, file: string): void {
  let timer: NodeJS.Timeout | undefined
  const save = () => {
    clearTimeout(timer)
    if (window.isDestroyed()) return
    try {
      writeJson(file, { bounds: window.getNormalBounds(), is_maximized: window.isMaximized() })
    } catch {
      // A full disk costs the window its place, nothing else.
    }
  }
  const saveSoon = () => {
    clearTimeout(timer)
    timer = setTimeout(save, SAVE_AFTER_MS)
  }
  window.on('resize', saveSoon)
  window.on('move', saveSoon)
  window.on('close', save)
}

function loadAgainAfterCrash(window: BrowserWindow): void {
  let crashed_at = Number.NEGATIVE_INFINITY
  window.webContents.on('render-process-gone', (_event, { reason }) => {
    if (reason === 'clean-exit' || window.isDestroyed()) return
    const is_again = Date.now() - crashed_at < CRASH_AGAIN_MS
    crashed_at = Date.now()
    if (is_again) window.close()
    else window.webContents.reload()
  })
}
