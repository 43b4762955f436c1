// The demo's two companies: made up, with numbers from ranges reserved for fiction. Passwords are known to everyone,
// which is why the demo listens on loopback only and refuses to run beside real credentials.
import type { Role } from '../../shared/permissions.ts'
import type { DemoTenant } from './first-tenants.ts'

const ACME = 'tnt_acme0000'
const NORTHWIND = 'tnt_north000'

export const DEMO_TENANTS: DemoTenant[] = [
  {
    key: 'acme',
    id: ACME,
    name: 'Acme Corporation',
    time_zone: 'America/Chicago',
    spare_numbers: ['+13125550112', '+13125550131'],
    business_context: {
      company: 'Acme Corporation',
      support_hours: '08:00 to 20:00 Central, Monday to Saturday',
      refund_policy: '30 days, to the original card',
      escalation_rules: {
        keywords: ['real person', 'human', 'manager', 'lawyer', 'complaint'],
        target: '+13125550188',
      },
    },
    agents: [
      {
        name: 'Billing support',
        type: 'inbound',
        voice: 'alloy',
        phone_numbers: ['+13125550110', '+13125550111'],
        greeting_message: 'Thanks for calling {company} billing. How can I help you today?',
        system_prompt:
          'You are the billing agent of {company}. You explain invoices and charges, take payment questions, and follow the refund policy: {refund_policy}. You never promise a credit above {goodwill_credit_usd} dollars.',
        context_data: {
          goodwill_credit_usd: 20,
          late_fee: '15 dollars, waived once a year on request',
          invoice_day: 'the 18th of each month',
          charged_twice: 'a second pending charge is a hold that drops off within three days',
          payment_methods: 'card, bank transfer or check',
        },
      },
      {
        name: 'Order status',
        type: 'inbound',
        voice: 'nova',
        phone_numbers: ['+13125550120'],
        greeting_message: 'Acme order desk. Do you have your order number at hand?',
        system_prompt:
          'You are the order desk of {company}. You tell callers where their order is and what happens next. Ask for the order number first.',
        context_data: {
          where_is_my_order: 'it left our warehouse this morning and comes today before six',
          standard_delivery: 'three to five working days',
          truck_with_lift: 'possible for pallets, at 90 dollars',
          express_delivery: 'the next working day',
          carrier: 'Blue Line Parcel',
          delays: 'parcels to the west coast are two days late because of snow',
        },
      },
      {
        name: 'Returns desk',
        type: 'hybrid',
        voice: 'onyx',
        phone_numbers: ['+13125550130'],
        greeting_message: 'Acme returns. What would you like to send back?',
        system_prompt:
          'You handle returns and exchanges for {company}. Be kind with people whose product broke. If anyone may be hurt, escalate at once.',
        context_data: {
          return_window: '60 days with the receipt',
          return_label: 'prepaid, and sent to you by email',
          exchange: 'an exchange ships the same day',
          safety: 'stop using a product that sparks or smokes and unplug it',
        },
      },
    ],
  },
  {
    key: 'northwind',
    id: NORTHWIND,
    name: 'Northwind Clinic',
    time_zone: 'America/New_York',
    spare_numbers: ['+12125550151'],
    business_context: {
      company: 'Northwind Clinic',
      opening_hours: '7:30 to 18:00 on weekdays, Saturday until noon',
      address: '40 Harbor Street, second floor',
      escalation_rules: { keywords: ['chest pain', 'emergency', 'real person', 'nurse', 'doctor now'] },
    },
    agents: [
      {
        name: 'Front desk',
        type: 'inbound',
        voice: 'shimmer',
        phone_numbers: ['+12125550140', '+12125550141'],
        greeting_message: 'Northwind Clinic, front desk. How may I help?',
        system_prompt:
          'You are the front desk of {company}. You book, move and cancel appointments and answer questions about opening hours and the way here. You give no medical advice; anything urgent you escalate.',
        context_data: {
          next_appointment: 'Thursday at ten fifteen',
          cancellation: 'free of charge until 24 hours before',
          parking: 'behind the building, free for two hours',
          insurance: 'most major plans; bring your card',
        },
      },
      {
        name: 'Pharmacy line',
        type: 'inbound',
        voice: 'echo',
        phone_numbers: ['+12125550150'],
        greeting_message: 'Northwind pharmacy line. Are you calling about a prescription?',
        system_prompt:
          'You answer the pharmacy line of {company}. You say whether a refill is ready and how to get it. Questions about doses or side effects go to a person.',
        context_data: {
          refill_time: 'ready in four hours',
          pickup: 'at the side entrance until eight in the evening',
          delivery: 'free within the city, next morning',
          transfers: 'give the name of the other pharmacy and we call them',
        },
      },
    ],
  },
]

export const DEMO_USERS: {
  email: string
  name: string
  password: string
  memberships: { tenant_id: string; roles: Role[] }[]
}[] = [
  {
    email: 'dana@acme.example',
    name: 'Dana Ortiz',
    password: 'demo-dana',
    memberships: [{ tenant_id: ACME, roles: ['supervisor'] }],
  },
  {
    email: 'priya@acme.example',
    name: 'Priya Raman',
    password: 'demo-priya',
    memberships: [{ tenant_id: ACME, roles: ['agent_manager'] }],
  },
  {
    email: 'jonas@acme.example',
    name: 'Jonas Weber',
    password: 'demo-jonas',
    memberships: [
      { tenant_id: ACME, roles: ['supervisor'] },
      { tenant_id: NORTHWIND, roles: ['supervisor'] },
    ],
  },
  {
    email: 'ines@northwind.example',
    name: 'Ines Costa',
    password: 'demo-ines',
    memberships: [{ tenant_id: NORTHWIND, roles: ['analyst'] }],
  },
  {
    email: 'sam@northwind.example',
    name: 'Sam Adeyemi',
    password: 'demo-sam',
    memberships: [{ tenant_id: NORTHWIND, roles: ['tenant_admin'] }],
  },
]

const demoNumbers = (): {
  phone_number: string
  business: 'acme' | 'northwind'
  friendly_name: string
  is_spare: boolean
}[] =>
  DEMO_TENANTS.flatMap((tenant) => [
    ...tenant.agents.flatMap((agent) =>
      (agent.phone_numbers ?? []).map((phone_number) => ({
        phone_number,
        business: tenant.key,
        friendly_name: agent.name,
        is_spare: false,
      })),
    ),
    ...tenant.spare_numbers.map((phone_number) => ({
      phone_number,
      business: tenant.key,
      friendly_name: 'Spare line',
      is_spare: true,
    })),
  ])

/** Lines that the demo's callers ring. */
export const demoLines = () => demoNumbers().filter((number) => !number.is_spare)

/**
 * Numbers of the simulated account: the demo's, each already pointed at this relay when it leads to an agent.
 * @param routes as the store has them from an earlier start
 */
export function simulatedNumbers(
  routes: readonly { _id: string; agent_id: string | null }[],
  urls: WebhookUrls,
): SimulatedNumber[] {
  const assigned = new Set(routes.filter((route) => route.agent_id !== null).map((route) => route._id))
  return demoNumbers().map(({ phone_number, friendly_name }) => ({
    phone_number,
    friendly_name,
    ...(assigned.has(phone_number) ? urls : {}),
  }))
}

interface WebhookUrls {
  voice_url: string
  voice_fallback_url: string
  status_callback: string
}
type SimulatedNumber = { phone_number: string; friendly_name: string } & Partial<WebhookUrls>
