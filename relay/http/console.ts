// The console in a browser: the same build that Electron shows, served under /console with an exact policy.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import express, { Router } from 'express'

/**
 * Scripts and everything else from here only; styles may be set by the editor and the toasts.
 * @param hosts of the relay, as a browser may write it: some take `'self'` for no WebSocket of their own origin
 */
export function consolePolicy(...hosts: (string | undefined)[]): string {
  const known = new Set(hosts.filter((host) => host !== undefined && HOST.test(host)))
  const sockets = [...known].map((host) => ` ws://${host} wss://${host}`).join('')
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data:",
    "font-src 'self' data:",
    "media-src 'self' blob:",
    "worker-src 'self' blob:",
    `connect-src 'self'${sockets}`,
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ')
}

/** A name or an address, and a port: nothing that would end a directive. */
const HOST = /^(?:[\w.-]+|\[[\da-f:.]+\])(?::\d+)?$/i

/** @param public_url where a proxy may serve them too */
export function consolePages(folder: string, public_url: string): Router {
  const { host } = new URL(public_url)
  const router = Router()
  router.get('/', (_req, res) => res.redirect('/console/'))
  if (!existsSync(join(folder, 'index.html'))) {
    router.use(
      '/console',
      (_req, res) =>
        void res
          .status(404)
          .type('text/plain')
          .send('The console is not built here. Run "npm run build" and start the relay again.\n'),
    )
    return router
  }
  router.use(
    '/console',
    (req, res, next) => {
      res.set('Content-Security-Policy', consolePolicy(host, req.headers.host))
      next()
    },
    express.static(folder, {
      index: 'index.html',
      setHeaders: (res, path) =>
        res.setHeader('Cache-Control', path.includes('assets') ? 'public, max-age=31536000, immutable' : 'no-cache'),
    }),
  )
  return router
}
