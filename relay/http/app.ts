// The relay's HTTP side, in the order a request meets it.
import express, { type Express, type RequestHandler, type Router } from 'express'
import helmet from 'helmet'
import { RelayError } from '../platform/errors.ts'
import type { Logger } from '../platform/logger.ts'
import { apiPage, openApiDocument } from './openapi.ts'
import { problemHandler } from './problems.ts'

export interface AppParts {
  version: string
  public_url: string
  webhooks: Router
  /** Times every request; stands before all that answers. */
  timing: RequestHandler
  health: Router
  metrics: Router
  routes: Router
  console: Router
  log: Logger
}

/** Of the desktop console: its pages come from its own scheme. */
const DESKTOP_ORIGIN = 'app://console'

export function createApp(parts: AppParts): Express {
  const app = express()
  app.disable('x-powered-by')
  app.set('trust proxy', 'loopback')
  app.use(parts.timing)
  app.use(
    helmet({
      contentSecurityPolicy: {
        useDefaults: false,
        directives: { defaultSrc: ["'none'"], styleSrc: ["'unsafe-inline'"], frameAncestors: ["'none'"] },
      },
      strictTransportSecurity: parts.public_url.startsWith('https:'),
    }),
  )
  app.use(parts.webhooks)
  app.use(parts.health)
  app.use(parts.metrics)
  app.use('/api', allowDesktop)
  const document = JSON.stringify(openApiDocument(parts.version, parts.public_url))
  app.get('/api/openapi.json', (_req, res) => void res.type('json').send(document))
  const page = apiPage(parts.version)
  app.get('/api/docs', (_req, res) => void res.type('html').send(page))
  app.use(parts.routes)
  app.use(parts.console)
  app.use(() => {
    throw new RelayError('ROUTE_UNKNOWN')
  })
  app.use(problemHandler(parts.log))
  return app
}

const allowDesktop: express.RequestHandler = (req, res, next) => {
  if (req.get('origin') === DESKTOP_ORIGIN) {
    res.set({
      'Access-Control-Allow-Origin': DESKTOP_ORIGIN,
      'Access-Control-Allow-Headers': 'authorization, content-type, idempotency-key',
      'Access-Control-Allow-Methods': 'GET, POST, PUT, PATCH, DELETE',
      Vary: 'Origin',
    })
    if (req.method === 'OPTIONS') return void res.status(204).end()
  }
  next()
}
