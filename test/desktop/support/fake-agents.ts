// The agents and the numbers of the floor.
import type { Agent } from '../../../shared/contract/agents.ts'
import type { PhoneNumber } from '../../../shared/contract/numbers.ts'
import type { AgentKey } from './fake-floor.ts'
import { AGENT_IDS, AGENT_NAMES, iso, TENANT_ID } from './fake-floor.ts'

const PROMPT = `You answer the billing line of {company_name}. You speak with {customer.name}, who may be upset about money. Be brief, warm and exact. One question at a time.

What you may do
Look up an order with lookup_order, release a hold with release_hold, and offer a credit of up to {goodwill_credit_usd} dollars when a mistake of ours has cost the caller time. Refunds follow this policy: {refund_policy}.

What you never do
Never promise a date you have not been given. Never read a card number aloud. If the caller is past {refund_limit_usd} dollars, or says any of {escalation_rules.keywords}, call escalate.

How you close
Repeat what was agreed in one sentence. If {promise} is set, say it word for word. Then ask whether there is anything else, and end the call with its outcome. Mention the survey at {survey_url} only when the outcome is resolved.`

const agent = (
  key: AgentKey,
  type: Agent['type'],
  phone_numbers: string[],
  [calls, minutes, success]: [number, number, number],
  now: number,
  rest: Partial<Agent> = {},
): Agent => ({
  id: AGENT_IDS[key],
  tenant_id: TENANT_ID,
  name: AGENT_NAMES[key][0],
  type,
  system_prompt: PROMPT,
  voice: 'nova',
  greeting_message: 'Thanks for calling Acme billing. This call may be recorded. How can I help?',
  context_data: {
    refund_limit_usd: 25,
    goodwill_credit_usd: 20,
    payments_team: 'open until 17:00 CT',
    // Named, and brought by the call.
    customer: { name: '' },
    promise: '',
    survey_url: 'acme.example/survey',
    escalation_rules: { keywords: ['human', 'lawyer', 'supervisor', 'complaint'], target: '+1 312 555 0188' },
  },
  is_active: true,
  max_call_duration: 1800,
  phone_numbers,
  version: AGENT_NAMES[key][1],
  created_at: iso(now - 90 * 86_400_000),
  updated_at: iso(now - 5 * 86_400_000),
  statistics: {
    total_calls: calls,
    total_minutes: minutes,
    average_duration: (minutes * 60) / calls,
    success_rate: success,
    last_call: iso(now - 40_000),
  },
  ...rest,
})

export function floorAgents(now: number): Agent[] {
  return [
    agent(
      'billing',
      'inbound',
      ['+13125550101', '+18005550110', '+13125550102', '+13125550103'],
      [2204, 7930, 0.841],
      now,
    ),
    agent(
      'orders',
      'inbound',
      ['+13125550122', '+13125550123', '+13125550126', '+13125550127', '+13125550128', '+13125550129'],
      [3146, 5820, 0.798],
      now,
    ),
    agent('returns', 'hybrid', ['+13125550140', '+442079460018', '+33199001243'], [1388, 4410, 0.86], now),
    agent('berlin', 'inbound', ['+493023125100', '+493023125101'], [512, 1890, 0.814], now),
    agent('reminders', 'outbound', ['+13125550150', '+493023125102'], [982, 890, 0.912], now),
    agent('delivery', 'outbound', ['+13125550151'], [180, 430, 0.722], now, { is_active: false }),
  ].map((each, index) => ({ ...each, created_at: iso(now - (90 - index) * 86_400_000) }))
}

export function floorNumbers(agents: readonly Agent[]): PhoneNumber[] {
  const names: Record<string, string> = {
    '+13125550101': 'Main billing',
    '+18005550110': 'Toll-free',
    '+13125550102': 'Business accounts',
    '+13125550103': 'Collections',
    '+13125550122': 'Orders, main',
    '+13125550123': 'Orders, web',
    '+13125550126': 'Orders, app',
    '+13125550127': 'Orders, stores',
    '+13125550128': 'Orders, partners',
    '+13125550129': 'Couriers',
    '+13125550140': 'Returns, main',
    '+442079460018': 'Returns, UK',
    '+33199001243': 'Returns, France',
    '+493023125100': 'Zentrale',
    '+493023125101': 'Termine',
    '+13125550150': 'Reminders, US',
    '+493023125102': 'Reminders, DE',
    '+13125550151': 'Follow-up, US',
  }
  const spare: Record<string, string> = {
    '+13125550161': 'Spring campaign A',
    '+13125550162': 'Spring campaign B',
    '+13125550163': 'Spring campaign C',
    '+13125550164': 'Spare',
    '+18005550111': 'Toll-free, spare',
    '+442079460019': 'London, spare',
    '+33199001244': 'Paris, voice only',
    '+493023125109': 'Berlin, spare',
  }
  const number = (phone_number: string, friendly_name: string, assigned_agent: string | null): PhoneNumber => ({
    phone_number,
    tenant_id: TENANT_ID,
    twilio_sid: `PN${phone_number.slice(1).padStart(32, '0')}`,
    friendly_name,
    capabilities: ['voice'],
    status: assigned_agent ? 'assigned' : 'available',
    assigned_agent,
    webhook_urls: {
      voice: 'https://relay.example/receive_call',
      status: 'https://relay.example/call_status',
      fallback: null,
    },
  })
  return [
    ...agents.flatMap((each) => each.phone_numbers.map((phone) => number(phone, names[phone] ?? 'Line', each.id))),
    ...Object.entries(spare).map(([phone, name]) => number(phone, name, null)),
  ]
}
