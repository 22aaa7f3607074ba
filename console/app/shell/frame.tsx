// What stands around every page: the way to all others, the search, language and theme.
import { Outlet, useNavigate, useRouter } from '@tanstack/react-router'
import { Languages, Menu, Moon, Search, Sun, X } from 'lucide-react'
import { useEffect, useMemo, useRef, useState } from 'react'
import { useConnection, useLive } from '../live.ts'
import { useMaySomewhere } from '../session.ts'
import { Button } from '../ui/button.tsx'
import { Mark } from '../ui/mark.tsx'
import { chooseLanguage, useWords } from '../words/language.ts'
import { shell } from '../words/shell.ts'
import { type Command, runKey, useCommands } from './commands.ts'
import { Palette } from './palette.tsx'
import { Shortcuts } from './shortcuts.tsx'
import { SideBar } from './side-bar.tsx'
import { chooseTheme, useTheme } from './theme.ts'

export function Frame() {
  const { language, words } = useWords()
  const theme = useTheme()
  const [searching, setSearching] = useState(false)
  const [showingKeys, setShowingKeys] = useState(false)
  const [menuOpen, setMenuOpen] = useState(false)
  const main = useRef<HTMLElement>(null)
  const navigate = useNavigate()
  const mayAudit = useMaySomewhere('audit')
  useGlobalKeys(() => setSearching(true))
  useHeadingFocus(main)
  useLive()
  const otherLanguage = language === 'ja' ? 'en' : 'ja'
  const otherTheme = theme === 'dark' ? 'light' : 'dark'
  const commands = useMemo<Command[]>(
    () => [
      { id: 'home', name: shell.home, group: shell.products, key: 'h', run: () => navigate({ to: '/' }) },
      { id: 'inbox', name: shell.inbox, group: shell.navigation, run: () => navigate({ to: '/inbox' }) },
      { id: 'timeline', name: shell.timeline, group: shell.navigation, run: () => navigate({ to: '/timeline' }) },
      ...(mayAudit
        ? [
            {
              id: 'audit',
              name: shell.audit,
              also: 'かんさ log 記録',
              group: shell.navigation,
              run: () => navigate({ to: '/audit' }),
            },
          ]
        : []),
      { id: 'settings', name: shell.settings, group: shell.navigation, run: () => navigate({ to: '/settings' }) },
      {
        id: 'language',
        name: language === 'ja' ? shell.toEnglish : shell.toJapanese,
        group: shell.settings,
        run: () => chooseLanguage(otherLanguage),
      },
      {
        id: 'theme',
        name: theme === 'dark' ? shell.lightTheme : shell.darkTheme,
        group: shell.settings,
        run: () => chooseTheme(otherTheme),
      },
      { id: 'search', name: shell.search, group: shell.settings, key: '/', run: () => setSearching(true) },
      { id: 'shortcuts', name: shell.shortcuts, group: shell.settings, key: '?', run: () => setShowingKeys(true) },
    ],
    [language, otherLanguage, theme, otherTheme, mayAudit, navigate],
  )
  useCommands(commands)
  return (
    <div className="min-h-dvh md:grid md:grid-cols-[14.5rem_1fr]">
      <a
        href="#page"
        className="sr-only focus:not-sr-only focus:absolute focus:z-20 focus:m-2 focus:rounded-lg focus:bg-panel focus:px-3 focus:py-2"
      >
        {words(shell.skip)}
      </a>
      <SideBar open={menuOpen} onNavigate={() => setMenuOpen(false)} />
      <div className="min-w-0">
        <header className="sticky top-0 z-10 flex min-h-12 items-center gap-2 border-b border-line bg-ground/95 px-4 py-1.5 backdrop-blur">
          <Button look="quiet" className="px-2 md:hidden" aria-expanded={menuOpen} onClick={() => setMenuOpen(!menuOpen)}>
            {menuOpen ? <X size={18} aria-hidden /> : <Menu size={18} aria-hidden />}
            <span className="sr-only">{words(shell.menu)}</span>
          </Button>
          <Button
            className="ml-auto min-w-0 justify-start text-ink-muted sm:min-w-64"
            onClick={() => setSearching(true)}
            aria-keyshortcuts="Meta+K Control+K"
          >
            <Search size={15} aria-hidden className="shrink-0" />
            <span className="truncate">{words(shell.search)}</span>
            <kbd aria-hidden className="ml-auto hidden rounded border border-line-strong px-1.5 text-xs sm:inline">
              ⌘K
            </kbd>
          </Button>
          <Button look="quiet" onClick={() => chooseLanguage(otherLanguage)} lang={otherLanguage}>
            <Languages size={16} aria-hidden />
            <span className="hidden sm:inline" aria-hidden>
              {otherLanguage === 'ja' ? '日本語' : 'English'}
            </span>
            <span className="sr-only">{words(language === 'ja' ? shell.toEnglish : shell.toJapanese)}</span>
          </Button>
          <Button look="quiet" className="px-2" onClick={() => chooseTheme(otherTheme)}>
            {theme === 'dark' ? <Sun size={16} aria-hidden /> : <Moon size={16} aria-hidden />}
            <span className="sr-only">{words(theme === 'dark' ? shell.lightTheme : shell.darkTheme)}</span>
          </Button>
        </header>
        <Disconnected />
        <main id="page" ref={main} tabIndex={-1} className="mx-auto max-w-[90rem] px-4 py-5 outline-none md:px-6">
          <Outlet />
        </main>
      </div>
      {showingKeys && <Shortcuts onClose={() => setShowingKeys(false)} />}
      <Palette open={searching} onClose={() => setSearching(false)} />
    </div>
  )
}

/** What is on the screen may be old; it goes away by itself as soon as the server answers. */
function Disconnected() {
  const { words } = useWords()
  return (
    <div role="status">
      {useConnection() === 'reconnecting' && (
        <p className="flex items-center gap-2 bg-warn-soft px-4 py-2 text-warn md:px-6">
          <Mark tone="warn" /> {words(shell.offline)}
        </p>
      )}
    </div>
  )
}

function useGlobalKeys(search: () => void): void {
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.key === 'k' && (event.metaKey || event.ctrlKey) && !event.isComposing) {
        event.preventDefault()
        search()
      } else runKey(event)
    }
    document.addEventListener('keydown', onKeyDown)
    return () => document.removeEventListener('keydown', onKeyDown)
  })
}

/** A new page is told by its heading: screen readers read what has the focus. Lazy routes are drawn only when this fires. */
function useHeadingFocus(main: React.RefObject<HTMLElement | null>): void {
  const router = useRouter()
  useEffect(
    () =>
      router.subscribe('onRendered', ({ pathChanged, fromLocation }) => {
        if (!pathChanged || !fromLocation) return
        const heading = main.current?.querySelector('h1')
        heading?.setAttribute('tabindex', '-1')
        ;(heading ?? main.current)?.focus({ preventScroll: true })
      }),
    [router, main],
  )
}
