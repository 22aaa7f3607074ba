// Before the first paint: theme and language as the reader last chose them, else as the system has them. A file of its
// own, because the content security policy allows nothing inline.
;(() => {
  const stored = (key) => {
    try {
      return localStorage.getItem(key)
    } catch {
      return null
    }
  }
  const root = document.documentElement
  const theme = stored('kiban.theme')
  const dark = theme === 'dark' || (theme !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches)
  root.dataset.theme = dark ? 'dark' : 'light'
  const asked = new URLSearchParams(location.search).get('lang')
  const language = asked ?? stored('kiban.language') ?? navigator.language
  root.lang = language.toLowerCase().startsWith('ja') ? 'ja' : 'en'
})()
