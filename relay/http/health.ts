// Is it alive, and is it ready to take calls? A part that is away is named, with since when.
import { Router } from 'express'

export interface HealthDeps {
  /** @throws when the store does not answer */
  pingStore: () => Promise<void>
  isStopping: () => boolean
  live_calls: () => number
  now: () => Date
}

export function health(deps: HealthDeps): Router {
  let storeAwaySince: Date | null = null
  const router = Router()
  router.get('/health/live', (_req, res) => void res.json({ status: 'live' }))
  router.get('/health/ready', async (_req, res) => {
    const isThere = await deps.pingStore().then(
      () => true,
      () => false,
    )
    storeAwaySince = isThere ? null : (storeAwaySince ?? deps.now())
    const isReady = isThere && !deps.isStopping()
    res.status(isReady ? 200 : 503).json({
      status: isReady ? 'ready' : deps.isStopping() ? 'stopping' : 'degraded',
      parts: { store: isThere ? { status: 'ready' } : { status: 'away', since: storeAwaySince } },
      live_calls: deps.live_calls(),
    })
  })
  return router
}
