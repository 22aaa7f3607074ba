import type { ReactNode } from 'react'

/** Rows with headings; on a narrow screen it scrolls by itself, and can be reached by keyboard. */
export function Table({ label, head, children }: { label: string; head: readonly ReactNode[]; children: ReactNode }) {
  return (
    // a region that scrolls must be reachable by keyboard (WCAG 2.1.1)
    <section className="overflow-x-auto" aria-label={label} tabIndex={0}>
      <table className="w-full text-left">
        <thead>
          <tr className="text-sm text-ink-muted">
            {head.map((cell, at) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: headings have no other name, and never move
              <th key={at} scope="col" className="px-4 py-2 font-medium whitespace-nowrap">
                {cell}
              </th>
            ))}
          </tr>
        </thead>
        <tbody className="divide-y divide-line border-t border-line">{children}</tbody>
      </table>
    </section>
  )
}

export const Cell = ({ children, className = '' }: { children?: ReactNode; className?: string }) => (
  <td className={`px-4 py-2.5 align-top ${className}`}>{children}</td>
)
