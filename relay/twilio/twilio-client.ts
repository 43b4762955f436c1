// The official REST client, pointed where the configuration says. Both carrier adapters share it.
import twilio from 'twilio'
import { messageOf, RelayError } from '../platform/errors.ts'

export interface TwilioConfig {
  account_sid: string
  auth_token: string
  api_base_url: string | null
}
export type TwilioClient = ReturnType<typeof twilio>

const TIMEOUT_MS = 5_000

export function createTwilioClient(config: TwilioConfig): TwilioClient {
  const client = twilio(config.account_sid, config.auth_token, { timeout: TIMEOUT_MS, autoRetry: true, maxRetries: 2 })
  if (config.api_base_url) client.api.baseUrl = config.api_base_url
  return client
}

/** @throws RelayError CARRIER_FAILED, with what the carrier said */
export async function asking<T>(request: Promise<T>): Promise<T> {
  try {
    return await request
  } catch (cause) {
    const status = (cause as { status?: number }).status
    throw new RelayError(
      'CARRIER_FAILED',
      { detail: `Twilio answered ${status ?? 'nothing'}: ${messageOf(cause)} Nothing was changed.` },
      { cause },
    )
  }
}
