// Sets the theme before the first paint. `lib/theme.ts` goes on from here.
;(() => {
  let choice = 'system'
  try {
    choice = localStorage.getItem('phony.theme') || 'system'
  } catch {
    // A browser without storage follows the system.
  }
  const dark = choice === 'dark' || (choice !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches)
  document.documentElement.dataset.theme = dark ? 'dark' : 'light'
})()
