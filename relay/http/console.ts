// The console in a browser: the same build that Electron shows, served under /console with an exact policy.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import express, { Router } from 'express'

/** Scripts and everything else from here only; styles may be set by the editor and the toasts. */
export const CONSOLE_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self' data:",
  "media-src 'self' blob:",
  "worker-src 'self' blob:",
  "connect-src 'self' ws: wss:",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

export function consolePages(folder: string): Router {
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
    (_req, res, next) => {
      res.set('Content-Security-Policy', CONSOLE_POLICY)
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
