// Light, dark or as the system has it. `public/theme.js` does the same before the first paint.
export const THEMES = ['system', 'light', 'dark'] as const
export type ThemeChoice = (typeof THEMES)[number]

const KEY = 'phony.theme'

export interface Theme {
  choice(): ThemeChoice
  choose(choice: ThemeChoice): void
  close(): void
}

/**
 * Keeps `html[data-theme]` right while the choice or the system changes.
 * @returns the theme; `close` stops following the system
 * @source design.md section 2
 */
export function createTheme(window: Window): Theme {
  const system = window.matchMedia('(prefers-color-scheme: dark)')
  let choice = read(window)
  const apply = () => {
    const dark = choice === 'dark' || (choice === 'system' && system.matches)
    window.document.documentElement.dataset.theme = dark ? 'dark' : 'light'
  }
  system.addEventListener('change', apply)
  apply()
  return {
    choice: () => choice,
    choose(next) {
      choice = next
      try {
        window.localStorage.setItem(KEY, next)
      } catch {
        // Without storage the choice lasts as long as the window.
      }
      apply()
    },
    close: () => system.removeEventListener('change', apply),
  }
}

function read(window: Window): ThemeChoice {
  try {
    const stored = window.localStorage.getItem(KEY)
    return THEMES.find((theme) => theme === stored) ?? 'system'
  } catch {
    return 'system'
  }
}
