// Signing in and out, and going to another tenant.
import type { Reply } from '../../../../shared/bridge.ts'
import type { Me } from '../../../../shared/contract/access.ts'
import type { ConsolePorts } from '../../lib/console-context.tsx'
import { noCalls, noDirectory } from '../../store/state.ts'

export interface AccessActions {
  /** Goes on where an earlier sign-in left off; also tries a lost link at once. */
  restore(): Promise<Reply<Me | null>>
  readSetup(): Promise<void>
  signIn(input: { email: string; password: string; tenant_id?: string }): Promise<Reply<Me>>
  signOut(): Promise<void>
  switchTenant(tenant_id: string): Promise<Reply<Me>>
}

export function createAccessActions({ bridge, store }: Pick<ConsolePorts, 'bridge' | 'store'>): AccessActions {
  const enter = (me: Me) =>
    store.setState({
      ...noCalls(),
      ...noDirectory(),
      tenant: null,
      selected: null,
      opened: null,
      filter: '',
      narrowed: null,
      session: { state: 'signed_in', me },
    })
  const entered = (reply: Reply<Me>) => {
    if (reply.ok) enter(reply.value)
    return reply
  }
  const readSetup = async () => {
    const reply = await bridge.request('getSetup', {})
    if (reply.ok) store.setState({ setup: reply.value })
  }
  const signIn: AccessActions['signIn'] = async (input) => entered(await bridge.signIn(input))
  return {
    async restore() {
      const was_in = store.getState().session.state === 'signed_in'
      // Every screen says whether callers are simulated: that is no matter of the page one signs in at.
      if (!store.getState().setup) void readSetup()
      const reply = await bridge.restore()
      if (was_in) return reply
      if (reply.ok && reply.value) {
        enter(reply.value)
      } else store.setState({ session: { state: 'signed_out', ended: null } })
      return reply
    },
    readSetup,
    signIn,
    async signOut() {
      store.setState({ is_leaving: true })
      await bridge.signOut()
      store.setState({
        ...noCalls(),
        ...noDirectory(),
        session: { state: 'signed_out', ended: null },
        is_leaving: false,
        tenant: null,
      })
    },
    switchTenant: async (tenant_id) => entered(await bridge.switchTenant(tenant_id)),
  }
}
