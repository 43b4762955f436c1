// Serves the console's page at app://console. An own scheme, not file:, because a page from it is a secure context (the
// audio worklet needs one), 'self' has a meaning in its policy, and it cannot read the disk.
import { readFile } from 'node:fs/promises'
import { extname, isAbsolute, join, relative } from 'node:path'
import { protocol } from 'electron'

const SCHEME = 'app'
const HOST = 'console'
/** What every address of the page begins with. */
export const CONSOLE_URL = `${SCHEME}://${HOST}/`
export const CONSOLE_ORIGIN = `${SCHEME}://${HOST}`

// The page reaches the relay through the main process only, so it may connect to nothing but its own files. Styles may
// be inline because the editor and the toasts insert style elements.
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self'",
  "media-src 'self' blob:",
  "worker-src 'self'",
  "connect-src 'self'",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.woff2': 'font/woff2',
}

/** Has to run before the app is ready. @source Electron, protocol.registerSchemesAsPrivileged */
export function registerConsoleScheme(): void {
  protocol.registerSchemesAsPrivileged([
    { scheme: SCHEME, privileges: { standard: true, secure: true, supportFetchAPI: true } },
  ])
}

/**
 * Answers requests for the page and its files.
 * @param folder the built renderer
 * @source ours; decisions.md, "Renderer served from app://console"
 */
export function serveConsole(folder: string): void {
  protocol.handle(SCHEME, async (request) => {
    const path = request.method === 'GET' ? fileOf(request.url, folder) : null
    const body = path === null ? null : await readFile(path).catch(() => null)
    if (path === null || body === null) return new Response('There is no such file.', { status: 404 })
    return new Response(body, {
      headers: {
        'content-type': TYPES[extname(path)] ?? 'application/octet-stream',
        'content-security-policy': POLICY,
        'x-content-type-options': 'nosniff',
        'cross-origin-opener-policy': 'same-origin',
        'cross-origin-resource-policy': 'same-origin',
        'cache-control': 'no-cache',
      },
    })
  })
}

/**
 * The file behind an address of the page.
 * @returns null for another host, and for every path that leads out of the folder, however it is written
 * @throws never
 * @source ours
 */
export function fileOf(url: string, folder: string): string | null {
  try {
    const { host, pathname } = new URL(url)
    if (host !== HOST) return null
    const path = decodeURIComponent(pathname)
    if (path.includes('\0')) return null
    const file = join(folder, path === '/' ? 'index.html' : path)
    const inside = relative(folder, file)
    return inside === '' || inside.startsWith('..') || isAbsolute(inside) ? null : file
  } catch {
    return null
  }
}
