import { Link, type LinkProps } from '@tanstack/react-router'
import type { ButtonHTMLAttributes, ReactNode } from 'react'

type Look = 'primary' | 'plain' | 'danger' | 'quiet'

const looks: Record<Look, string> = {
  primary: 'border-transparent bg-accent text-on-accent hover:brightness-110',
  plain: 'border-line-strong bg-panel text-ink hover:bg-raised',
  danger: 'border-bad bg-panel text-bad hover:bg-bad-soft',
  quiet: 'border-transparent bg-transparent text-ink-muted hover:bg-raised hover:text-ink',
}

const shape =
  'inline-flex min-h-8 items-center justify-center gap-2 rounded-lg border px-3 py-1 font-medium whitespace-nowrap no-underline transition-colors'

interface Common {
  look?: Look
  children: ReactNode
  /** Why it cannot be used; it stays in place and says so. */
  because?: string
}

/** A button that cannot be used is not hidden: it says why. */
export function Button({
  look = 'plain',
  because,
  children,
  className = '',
  ...rest
}: Common & ButtonHTMLAttributes<HTMLButtonElement>) {
  return (
    <button
      type="button"
      {...rest}
      aria-disabled={because ? true : rest.disabled}
      title={because ?? rest.title}
      onClick={because ? (event) => event.preventDefault() : rest.onClick}
      className={`${shape} ${looks[look]} aria-disabled:cursor-not-allowed aria-disabled:opacity-55 ${className}`}
    >
      {children}
      {because && <span className="sr-only">{because}</span>}
    </button>
  )
}

export function LinkButton({ look = 'plain', children, className = '', ...to }: Common & LinkProps & { className?: string }) {
  return (
    <Link {...(to as LinkProps)} className={`${shape} ${looks[look]} ${className}`}>
      {children}
    </Link>
  )
}

/** A file of the server's, which the browser keeps. */
export function DownloadButton({ href, children }: { href: string; children: ReactNode }) {
  return (
    <a href={href} download className={`${shape} ${looks.plain}`}>
      {children}
    </a>
  )
}
