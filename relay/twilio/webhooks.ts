// Walk (ii): the carrier's requests. Signature first, then form to our words, then a plan back as TwiML.
import { type Request, type Response, Router, urlencoded } from 'express'
import { z } from 'zod'
import { CALL_STATUSES, type CallStatus } from '../../shared/contract/calls.ts'
import { CallSid } from '../../shared/primitives.ts'
import type { AnswerCall } from '../calls/answer-call.ts'
import { isTerminal } from '../calls/call-status.ts'
import type { ReportStatus } from '../calls/status-reports.ts'
import type { StreamReports } from '../calls/stream-reports.ts'
import { messageOf, RelayError } from '../platform/errors.ts'
import type { Logger } from '../platform/logger.ts'
import type { SignatureCheck } from './signature.ts'
import { connectTwiml, refuseTwiml, sayTwiml } from './twiml.ts'

export interface WebhookDeps {
  /** Scheme and host under which the carrier reaches us; no trailing slash. */
  public_url: string
  signatures: SignatureCheck
  answerCall: AnswerCall
  /** The carrier reports a status. Idempotent, in any order. */
  reportStatus: ReportStatus
  streams: StreamReports
  log: Logger
}

const IncomingForm = z.looseObject({
  CallSid,
  AccountSid: z.string().max(200).optional(),
  From: z.string().min(1).max(200),
  To: z.string().min(1).max(200),
})
const StatusForm = z.looseObject({
  CallSid,
  CallStatus: z.enum(CALL_STATUSES),
  /** Seconds. */
  CallDuration: z.coerce.number().int().nonnegative().nullable().catch(null).default(null),
})
const EndedForm = z.looseObject({ CallSid })
const StreamForm = z.looseObject({ CallSid, StreamEvent: z.string().optional(), StreamError: z.string().optional() })

/**
 * Where the media stream of a call goes. The call stands in the path, so that its socket finds the process that carries
 * it before the first message; a query is not allowed there.
 * @source protocols A.1, A.2, A.4
 */
export function streamUrl(public_url: string, call_sid: string): string {
  return `${public_url.replace(/^http/, 'ws')}/media/${call_sid}`
}
export const STREAM_PATH = /^\/media\/(CA[0-9a-f]{32})$/

export function twilioWebhooks(deps: WebhookDeps): Router {
  const urls = {
    action: `${deps.public_url}/stream_ended`,
    status: `${deps.public_url}/stream_status`,
  }
  const router = Router()
  router.use(
    ['/receive_call', '/call_status', '/call_fallback', '/stream_ended', '/stream_status'],
    urlencoded({ extended: false, limit: '64kb' }),
    (req, _res, next) => {
      requireSignature(deps, req)
      next()
    },
  )

  /** What is asked here is what to say: a store that is away must not leave the caller with an error message. */
  const noteStatus = (call_sid: string, status: CallStatus): Promise<void> =>
    deps
      .reportStatus(call_sid, status, null)
      .catch((error: unknown) =>
        deps.log.warn('A status of the carrier could not be kept', { call_sid, status, error: messageOf(error) }),
      )

  router.post('/receive_call', async (req, res) => {
    const form = parse(IncomingForm, req.body)
    const plan = await deps.answerCall({
      call_sid: form.CallSid,
      account_sid: form.AccountSid,
      from_number: form.From,
      to_number: form.To,
    })
    const stream = streamUrl(deps.public_url, form.CallSid)
    answer(
      res,
      plan.plan === 'connect' ? connectTwiml({ ...urls, stream }, plan.stream_token) : refuseTwiml(plan.reason),
    )
  })

  router.post('/call_status', async (req, res) => {
    const form = parse(StatusForm, req.body)
    await deps.reportStatus(form.CallSid, form.CallStatus, form.CallDuration)
    res.status(204).end()
  })

  router.post('/stream_ended', async (req, res) => {
    const form = parse(EndedForm, req.body)
    const status = CALL_STATUSES.find((known) => known === req.body.CallStatus)
    const is_over = status !== undefined && isTerminal(status)
    const words = await deps.streams.ended(form.CallSid, is_over)
    if (status && is_over) await noteStatus(form.CallSid, status)
    answer(res, sayTwiml(words))
  })

  router.post('/stream_status', async (req, res) => {
    const { CallSid: call_sid, StreamEvent: event, StreamError: error } = parse(StreamForm, req.body)
    if (error) {
      deps.log.warn('The carrier could not open or keep a media stream', { call_sid, event, error })
      await deps.streams
        .failed(call_sid, error)
        .catch((failure: unknown) =>
          deps.log.warn('A failed media stream could not be told on', { call_sid, error: messageOf(failure) }),
        )
    } else deps.log.debug('A media stream changed', { call_sid, event })
    res.status(204).end()
  })

  router.post('/call_fallback', (req, res) => {
    deps.log.error('The carrier fell back: our answer did not come or could not be read', {
      call_sid: req.body.CallSid,
      error: req.body.ErrorCode,
    })
    answer(res, sayTwiml('We have a technical problem. Please call again in a few minutes. Goodbye.'))
  })
  return router
}

function requireSignature(deps: WebhookDeps, req: Request): void {
  const url = deps.public_url + req.originalUrl
  if (!deps.signatures.isFormSigned(req.get('x-twilio-signature'), url, req.body ?? {})) {
    deps.log.warn('A webhook without a valid signature was refused', { path: req.path })
    throw new RelayError('SIGNATURE_INVALID')
  }
}

function parse<T extends z.ZodType>(form: T, body: unknown): z.output<T> {
  const parsed = form.safeParse(body)
  if (parsed.success) return parsed.data
  throw new RelayError('BODY_INVALID', {
    errors: parsed.error.issues.map((issue) => ({ pointer: `/${issue.path.join('/')}`, detail: issue.message })),
  })
}

function answer(res: Response, twiml: string): void {
  res.status(200).type('text/xml').send(twiml)
}
