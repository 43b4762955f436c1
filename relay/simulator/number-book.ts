// The account's numbers and their webhooks, as REST shows and changes them.
import { numberSid, rfc2822 } from './phone-ids.ts'
import type { PhoneNumberOptions } from './phone-network.ts'

export interface NumberRecord {
  readonly sid: string
  readonly phone_number: string
  friendly_name: string
  voice_url: string
  voice_method: 'GET' | 'POST'
  voice_fallback_url: string
  voice_fallback_method: 'GET' | 'POST'
  status_callback: string
  status_callback_method: 'GET' | 'POST'
  voice_application_sid: string
  trunk_sid: string
  readonly created_at: Date
  updated_at: Date
}

/** REST field to record field. */
const FIELDS = {
  FriendlyName: 'friendly_name',
  VoiceUrl: 'voice_url',
  VoiceMethod: 'voice_method',
  VoiceFallbackUrl: 'voice_fallback_url',
  VoiceFallbackMethod: 'voice_fallback_method',
  StatusCallback: 'status_callback',
  StatusCallbackMethod: 'status_callback_method',
  VoiceApplicationSid: 'voice_application_sid',
  TrunkSid: 'trunk_sid',
} as const

export interface NumberBook {
  all(): NumberRecord[]
  bySid(sid: string): NumberRecord | undefined
  byNumber(phone_number: string): NumberRecord | undefined
  update(number: NumberRecord, form: URLSearchParams): void
}

/**
 * The numbers of one account.
 * @throws never
 * @source Twilio, IncomingPhoneNumber resource
 */
export function createNumberBook(options: readonly PhoneNumberOptions[]): NumberBook {
  const numbers = options.map(
    (number): NumberRecord => ({
      sid: numberSid(number.phone_number),
      phone_number: number.phone_number,
      friendly_name: number.friendly_name,
      voice_url: number.voice_url ?? '',
      voice_method: 'POST',
      voice_fallback_url: number.voice_fallback_url ?? '',
      voice_fallback_method: 'POST',
      status_callback: number.status_callback ?? '',
      status_callback_method: 'POST',
      voice_application_sid: '',
      trunk_sid: '',
      created_at: new Date(),
      updated_at: new Date(),
    }),
  )
  return {
    all: () => numbers,
    bySid: (sid) => numbers.find((number) => number.sid === sid),
    byNumber: (phone_number) => numbers.find((number) => number.phone_number === phone_number),
    update(number, form) {
      for (const [field, key] of Object.entries(FIELDS)) {
        const value = form.get(field)
        if (value !== null) Object.assign(number, { [key]: value })
      }
      number.updated_at = new Date()
    },
  }
}

/**
 * A number as REST shows it.
 * @throws never
 * @source Twilio, IncomingPhoneNumber resource
 */
export function numberResource(number: NumberRecord, account_sid: string): Record<string, unknown> {
  return {
    sid: number.sid,
    account_sid,
    phone_number: number.phone_number,
    friendly_name: number.friendly_name,
    capabilities: { voice: true, sms: true, mms: true, fax: false },
    voice_url: number.voice_url,
    voice_method: number.voice_method,
    voice_fallback_url: number.voice_fallback_url,
    voice_fallback_method: number.voice_fallback_method,
    voice_caller_id_lookup: false,
    voice_application_sid: number.voice_application_sid || null,
    voice_receive_mode: 'voice',
    trunk_sid: number.trunk_sid || null,
    status_callback: number.status_callback,
    status_callback_method: number.status_callback_method,
    sms_url: '',
    sms_method: 'POST',
    sms_fallback_url: '',
    sms_fallback_method: 'POST',
    sms_application_sid: '',
    address_sid: null,
    address_requirements: 'none',
    identity_sid: null,
    bundle_sid: null,
    emergency_status: 'Inactive',
    emergency_address_sid: null,
    emergency_address_status: 'unregistered',
    api_version: '2010-04-01',
    beta: false,
    origin: 'twilio',
    status: 'in-use',
    type: 'local',
    date_created: rfc2822(number.created_at),
    date_updated: rfc2822(number.updated_at),
    uri: `/2010-04-01/Accounts/${account_sid}/IncomingPhoneNumbers/${number.sid}.json`,
    subresource_uris: {},
  }
}
