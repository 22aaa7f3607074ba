import { type InputHTMLAttributes, type ReactNode, type SelectHTMLAttributes, useId } from 'react'

const box =
  'min-h-9 w-full rounded-lg border border-line-strong bg-panel px-3 py-1.5 text-ink placeholder:text-ink-muted disabled:opacity-60'

export function Field({ label, help, ...input }: { label: ReactNode; help?: ReactNode } & InputHTMLAttributes<HTMLInputElement>) {
  const id = useId()
  return (
    <div>
      <label htmlFor={id} className="mb-1 block font-medium">
        {label}
      </label>
      <input
        id={id}
        aria-describedby={help ? `${id}-help` : undefined}
        {...input}
        className={`${box} ${input.className ?? ''}`}
      />
      {help && (
        <p id={`${id}-help`} className="mt-1 text-sm text-ink-muted">
          {help}
        </p>
      )}
    </div>
  )
}

export function Select({
  label,
  children,
  ...select
}: { label: ReactNode; children: ReactNode } & SelectHTMLAttributes<HTMLSelectElement>) {
  const id = useId()
  return (
    <div>
      <label htmlFor={id} className="mb-1 block font-medium">
        {label}
      </label>
      <select id={id} {...select} className={`${box} ${select.className ?? ''}`}>
        {children}
      </select>
    </div>
  )
}
