// Labels of metrics: few, known, and never a person's. A label that is not of its kind becomes `other`, so that no mistake
// elsewhere can put a phone number, a name or a call there.
export type ProcessName = 'front' | `worker_${number}`

const OTHER = 'other'
const TENANT = /^tnt_[0-9A-Za-z]{3,40}$/
/** Words of our own lists: reasons, outcomes, event types, route names. None of them has a digit. */
const WORD = /^[A-Za-z][A-Za-z_.]{0,39}$/
const PROCESS = /^(front|worker_\d{1,3})$/

/** Each tenant costs up to 35 series; those beyond share one label. */
const TENANTS_SHOWN = 1_000

export const wordLabel = (word: string): string => (WORD.test(word) ? word : OTHER)
export const processLabel = (name: string): string => (PROCESS.test(name) ? name : OTHER)

/** @returns what names a tenant; null, where no tenant is known, is `none` */
export function tenantLabels(shown = TENANTS_SHOWN): (tenant_id: string | null) => string {
  const known = new Set<string>()
  return (tenant_id) => {
    if (tenant_id === null) return 'none'
    if (!TENANT.test(tenant_id)) return OTHER
    if (known.size < shown) known.add(tenant_id)
    return known.has(tenant_id) ? tenant_id : OTHER
  }
}

/** A counter that was once given nonsense stays nonsense: what is no amount counts as nothing. */
export const amount = (value: number | null | undefined): number =>
  typeof value === 'number' && Number.isFinite(value) && value > 0 ? value : 0
