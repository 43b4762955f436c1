import { Building2, ChevronsUpDown } from 'lucide-react'
import { Icon } from '../../components/icon.tsx'
import { Menu, MenuChoices } from '../../components/menu.tsx'
import { tellRefused } from '../../components/toast.tsx'
import { useActions, useConsoleState } from '../../lib/console-context.tsx'
import { ROLE_WORDS } from '../../lib/wording.ts'
import { selectMe } from '../../store/selectors.ts'
import { createAccessActions } from './access-actions.ts'

/** The tenant one works in; a menu when there are several. Hidden on an installation with one tenant. */
export function TenantSwitch() {
  const actions = useActions(createAccessActions)
  const me = useConsoleState(selectMe)
  const tenant = useConsoleState((state) => state.tenant)
  const is_multi = useConsoleState((state) => state.setup?.multi_tenant ?? true)
  if (!me || !is_multi) return null
  const membership = me.tenants.find((each) => each.tenant_id === me.tenant_id)
  const name = membership?.name ?? tenant?.name ?? 'No tenant'
  if (me.tenants.length < 2) {
    return (
      <span className="tenant">
        <Icon of={Building2} />
        <span>{name}</span>
      </span>
    )
  }
  const go = async (tenant_id: string) => {
    const reply = await actions.switchTenant(tenant_id)
    if (!reply.ok) tellRefused('You are still in this tenant', reply.problem)
  }
  return (
    <Menu
      width={312}
      label="Tenant"
      trigger={
        <button type="button" className="tenant">
          <Icon of={Building2} />
          <span>{name}</span>
          <Icon of={ChevronsUpDown} className="dim" />
        </button>
      }
    >
      <MenuChoices
        label="Tenant"
        value={me.tenant_id ?? ''}
        choices={me.tenants.map((each) => ({
          value: each.tenant_id,
          word: each.name,
          aside: each.roles.map((role) => ROLE_WORDS[role]).join(', '),
        }))}
        onChoose={(tenant_id) => void go(tenant_id)}
      />
    </Menu>
  )
}
