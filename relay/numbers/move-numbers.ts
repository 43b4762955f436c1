// Changing where many numbers lead: all of them or none. First every number is claimed in the store, where a conflict
// costs nothing; then the carrier is told. When one fails, all that was done is taken back.
import type { TenantActor } from '../access/actor.ts'
import { messageOf, RelayError } from '../platform/errors.ts'
import { newSecret } from '../platform/ids.ts'
import type { Logger } from '../platform/logger.ts'
import type { DocStore } from '../store/doc-store.ts'
import { eachAtMost } from './at-most.ts'
import type { Claim, Lead, NumberLeads } from './number-leads.ts'
import type { NumberProvider } from './number-ports.ts'
import { phoneNumbers } from './number-records.ts'

export interface Move {
  lead: Lead
  /** Null takes the number away from its agent. */
  agent_id: string | null
}
interface Done {
  phone_number: string
  takeBack(): Promise<void>
}

/** Requests to the carrier at a time. Source: Twilio's REST API answers 429 to an account that asks too much at once. */
const AT_ONCE = 5

/**
 * @returns makes the moves
 * @throws (the move) RelayError CARRIER_FAILED, NUMBER_ALREADY_ASSIGNED, VERSION_CONFLICT, naming the number
 */
export function createNumberMoves(deps: {
  store: DocStore
  leads: NumberLeads
  provider: NumberProvider
  log: Logger
}): (actor: TenantActor, moves: readonly Move[]) => Promise<void> {
  const { leads, provider } = deps

  async function point(actor: TenantActor, { lead }: Move, claim: Claim, done: Done[]): Promise<void> {
    const { record } = lead
    const numbers = phoneNumbers(deps.store.forTenant(actor.scope))
    const keep = (webhook_urls: typeof record.webhook_urls) =>
      numbers.updateOne({ _id: record._id }, { $set: { webhook_urls } })
    try {
      const putBack = await provider.remember(record.twilio_sid)
      done.push({
        phone_number: record._id,
        async takeBack() {
          // Somebody else's by now: they want it pointed here.
          if (!(await leads.holds(actor, claim))) return
          await putBack()
          await keep(record.webhook_urls)
        },
      })
      await keep(await provider.pointHere(record.twilio_sid))
    } catch (error) {
      throw naming(record._id, error)
    }
  }

  /** Newest first. @returns the numbers that could not be put back */
  async function undo(actor: TenantActor, at_once: number, done: readonly Done[]): Promise<string[]> {
    const stuck: string[] = []
    await eachAtMost(at_once, done.toReversed(), ({ phone_number, takeBack }) =>
      takeBack().catch((error: unknown) => {
        stuck.push(phone_number)
        deps.log.warn('A number could not be put back after a failed change', {
          tenant_id: actor.scope.tenant_id,
          'pii.phone_number': phone_number,
          error: messageOf(error),
        })
      }),
    )
    return stuck
  }

  return async (actor, moves) => {
    const claimed: Done[] = []
    const pointed: Done[] = []
    const claims = new Map<Move, Claim>()
    try {
      // In one order for everybody: of two that want the same numbers, one gets them all.
      for (const move of moves.toSorted((a, b) => (a.lead.record._id < b.lead.record._id ? -1 : 1))) {
        const phone_number = move.lead.record._id
        const claim = { phone_number, from: move.lead.agent_id, to: move.agent_id, change: newSecret() }
        claims.set(move, claim)
        claimed.push({ phone_number, takeBack: () => leads.takeBack(actor, claim) })
        await leads.claim(actor, claim)
      }
      const answering = [...claims].filter(([{ agent_id }]) => agent_id !== null)
      await eachAtMost(AT_ONCE, answering, ([move, claim]) => point(actor, move, claim, pointed))
    } catch (error) {
      const stuck = new Set([...(await undo(actor, AT_ONCE, pointed)), ...(await undo(actor, 1, claimed))])
      throw stuck.size > 0 ? halfDone([...stuck], error) : error
    }
  }
}

/** The same refusal, beginning with the number it is about. */
function naming(phone_number: string, error: unknown): unknown {
  if (!(error instanceof RelayError)) return error
  const detail = `${phone_number}: ${error.message}`
  return new RelayError(error.code, { ...error.details, detail }, { cause: error })
}

function halfDone(stuck: readonly string[], cause: unknown): RelayError {
  const code = cause instanceof RelayError ? cause.code : 'INTERNAL'
  const these = stuck.join(', ')
  const detail = `The change failed and could not be taken back for ${these}. Read the carrier's list, then try again.`
  return new RelayError(code, { detail }, { cause })
}
