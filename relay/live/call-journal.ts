// Where a live call lays down its facts: on disk first, so that neither a slow store nor a sudden end loses a word.
// A fact may be shown to people once `record` resolves.
import type { CallFact, JournalRecord } from '../calls/call-facts.ts'

/** The disk under the journal. @throws StoreError NO_SPACE */
export interface FactSpool {
  append(record: JournalRecord): Promise<void>
}

export class CallJournal {
  readonly #spool: FactSpool
  readonly #tenant_id: string
  readonly #call_sid: string
  #seq = 0
  /** All there is, while the call may still move to another relay; null from then on. */
  #facts: CallFact[] | null = []

  constructor(spool: FactSpool, tenant_id: string, call_sid: string) {
    this.#spool = spool
    this.#tenant_id = tenant_id
    this.#call_sid = call_sid
  }

  /** Everything laid down so far; null once the call has settled here. */
  get facts(): readonly CallFact[] | null {
    return this.#facts
  }

  /** The call stays here: its facts need not be kept in memory. */
  settle(): void {
    this.#facts = null
  }

  /** @returns when the fact is on disk @throws StoreError NO_SPACE */
  record(fact: CallFact): Promise<void> {
    this.#facts?.push(fact)
    return this.#spool.append({ key: this.#call_sid, tenant_id: this.#tenant_id, seq: ++this.#seq, fact })
  }
}
