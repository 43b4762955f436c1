// The relay as a program: configuration in, one line when it is ready, out again on a signal.
import { compose, type Relay } from './compose.ts'
import { type Config, ConfigError, readConfig } from './config.ts'
import { messageOf } from './platform/errors.ts'
import { createLogger, type Logger } from './platform/logger.ts'
import { StoreError } from './store/doc-store.ts'

/** Calls in progress may go on for so long after a SIGTERM; simulated ones need not. */
const DRAIN_MS = 60_000
/** A signal so long after the first means: end at once. */
const IMPATIENT_MS = 1_000
/** A store that is there and slow, as one that starts beside us, is given so many chances, this far apart. */
const STARTS = 5
const NEXT_START_MS = 2_000

async function main(): Promise<void> {
  const config = readConfig(process.env)
  const log = createLogger(config.log_level)
  const relay = await start(config, log)
  process.stdout.write(
    `Phony relay is ready at ${relay.url}${simulatedWords(config.twilio === null, config.openai === null)}\n`,
  )

  let closingSince = 0
  const stop = (signal: NodeJS.Signals): void => {
    // One Ctrl-C reaches a whole terminal group, so whoever started us may pass it on at once: that is no second wish.
    if (closingSince > 0 && Date.now() - closingSince > IMPATIENT_MS) process.exit(1)
    if (closingSince > 0) return
    closingSince = Date.now()
    const isRehearsal = config.twilio === null
    log.info('Stopping', { signal, live_calls: relay.live_calls() })
    relay.close(isRehearsal ? 0 : DRAIN_MS).then(
      () => process.exit(0),
      (error: unknown) => {
        log.error('The relay could not close in order', { error: messageOf(error) })
        process.exit(1)
      },
    )
  }
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
  process.on('unhandledRejection', (error) =>
    log.error('A promise failed and nobody took care of it', {
      error: messageOf(error),
      stack: (error as Error)?.stack,
    }),
  )
}

async function start(config: Config, log: Logger): Promise<Relay> {
  for (let again = STARTS - 1; ; again--) {
    try {
      return await compose(config, log)
    } catch (error) {
      if (again === 0 || !(error instanceof StoreError) || error.code !== 'DEADLINE_EXCEEDED') throw error
      log.warn('The store is too slow to start with; trying again', { error: error.message })
      await new Promise((resolve) => setTimeout(resolve, NEXT_START_MS))
    }
  }
}

function simulatedWords(phone: boolean, model: boolean): string {
  const parts = [...(phone ? ['phone network'] : []), ...(model ? ['model'] : [])]
  return parts.length > 0 ? ` (simulated: ${parts.join(' and ')})` : ''
}

main().catch((error: unknown) => {
  process.stderr.write(
    `${error instanceof ConfigError ? error.message : `The relay cannot start. ${messageOf(error)}`}\n`,
  )
  process.exit(1)
})
