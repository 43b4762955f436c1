import { Keyboard, LogOut } from 'lucide-react'
import { useState } from 'react'
import { Dialog, DialogActs } from '../../components/dialog.tsx'
import { Face } from '../../components/face.tsx'
import { Icon } from '../../components/icon.tsx'
import { Menu, MenuChoices, MenuHead, MenuItem, MenuLine } from '../../components/menu.tsx'
import { useActions, useConsole, useConsoleState } from '../../lib/console-context.tsx'
import { countOf } from '../../lib/format.ts'
import type { ThemeChoice } from '../../lib/theme.ts'
import { ROLE_WORDS } from '../../lib/wording.ts'
import { selectMe } from '../../store/selectors.ts'
import { createAccessActions } from './access-actions.ts'

export function MeMenu({ onShowKeys, onSignedOut }: { onShowKeys: () => void; onSignedOut: () => void }) {
  const actions = useActions(createAccessActions)
  const { theme } = useConsole()
  const me = useConsoleState(selectMe)
  const [choice, setChoice] = useState<ThemeChoice>(theme.choice())
  const waiting = useConsoleState((state) => Object.keys(state.drafts).length + Object.keys(state.overrides).length)
  const [is_asking, setAsking] = useState(false)
  if (!me) return null
  const signOut = async () => {
    await actions.signOut()
    onSignedOut()
  }
  return (
    <>
      <Menu
        align="end"
        width={236}
        label="You"
        trigger={
          <button type="button" className="me" title={me.user.name}>
            <span aria-hidden="true">
              <Face name={me.user.name} is_self />
            </span>
            <span className="sr-only">{me.user.name}</span>
          </button>
        }
      >
        <MenuHead>
          <b className="text-ink">{me.user.name}</b>,{' '}
          {me.roles.map((role) => ROLE_WORDS[role].toLowerCase()).join(', ')}
          <br />
          {me.user.email}
        </MenuHead>
        <MenuLine />
        <MenuChoices
          label="Theme"
          value={choice}
          choices={[
            { value: 'system' as const, word: 'As the system' },
            { value: 'light' as const, word: 'Light' },
            { value: 'dark' as const, word: 'Dark' },
          ]}
          onChoose={(next) => {
            theme.choose(next)
            setChoice(next)
          }}
        />
        <MenuLine />
        <MenuItem onSelect={onShowKeys} aside="?" icon={<Icon of={Keyboard} />}>
          Keys
        </MenuItem>
        <MenuItem onSelect={() => (waiting > 0 ? setAsking(true) : void signOut())} icon={<Icon of={LogOut} />}>
          Sign out
        </MenuItem>
      </Menu>
      {is_asking && (
        <Dialog
          title="Sign out and lose what is not saved?"
          says={`${countOf(waiting, 'draft')} of yours ${waiting === 1 ? 'is' : 'are'} not saved. Signing out drops ${waiting === 1 ? 'it' : 'them'}.`}
          onClose={() => setAsking(false)}
        >
          <DialogActs>
            <button type="button" className="btn" onClick={() => setAsking(false)}>
              Stay signed in
            </button>
            <button type="button" className="btn danger solid" onClick={() => void signOut()}>
              Sign out
            </button>
          </DialogActs>
        </Dialog>
      )}
    </>
  )
}
