// The carrier's side of a phone number.
export interface CarrierNumber {
  twilio_sid: string
  phone_number: string
  friendly_name: string
  capabilities: string[]
  webhook_urls: { voice: string | null; status: string | null; fallback: string | null }
}
/** @throws RelayError CARRIER_FAILED */
export interface NumberProvider {
  /** All numbers of the account, however many. */
  list(): Promise<CarrierNumber[]>
  /** Points a number's webhooks at this relay. @returns what the carrier says after it */
  pointHere(twilio_sid: string): Promise<CarrierNumber['webhook_urls']>
  /** Reads a number's webhooks as they are now. @returns what puts them back */
  remember(twilio_sid: string): Promise<() => Promise<void>>
}
