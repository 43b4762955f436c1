// The log: one static message plus fields. Personal values stand under keys beginning `pii.`, which a sink can drop.
import { pino } from 'pino'

export type LogFields = Record<string, unknown>
export interface Logger {
  debug(message: string, fields?: LogFields): void
  info(message: string, fields?: LogFields): void
  warn(message: string, fields?: LogFields): void
  error(message: string, fields?: LogFields): void
}

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

/** JSON lines on stderr, so that stdout stays for what a person asked to see. */
export function createLogger(level: LogLevel): Logger {
  const sink = pino(
    { level, base: undefined, timestamp: pino.stdTimeFunctions.isoTime },
    pino.destination({ fd: 2, sync: false }),
  )
  const write = (method: 'debug' | 'info' | 'warn' | 'error') => (message: string, fields?: LogFields) =>
    sink[method](fields ?? {}, message)
  return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') }
}

export const silentLogger: Logger = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }
