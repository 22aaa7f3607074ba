import { type ReactNode, useEffect, useId, useRef } from 'react'

/** The platform's modal dialog: it traps the focus, closes on Escape, and gives the focus back. */
export function Dialog(props: { open: boolean; onClose(): void; title: ReactNode; children: ReactNode; wide?: boolean }) {
  const { open, onClose, title, children, wide = false } = props
  const ref = useRef<HTMLDialogElement>(null)
  const titleId = useId()
  useEffect(() => {
    const dialog = ref.current
    if (open && !dialog?.open) dialog?.showModal()
    if (!open && dialog?.open) dialog.close()
  }, [open])
  if (!open) return null
  return (
    <dialog
      ref={ref}
      aria-labelledby={titleId}
      onClose={onClose}
      // A click on the backdrop is one on the dialog itself, which its content covers.
      onClick={(event) => event.target === event.currentTarget && onClose()}
      onKeyDown={(event) => event.nativeEvent.isComposing && event.stopPropagation()}
      className={`m-auto max-h-[90dvh] w-[calc(100%-2rem)] ${wide ? 'max-w-2xl' : 'max-w-md'} rounded-panel border border-line-strong bg-panel p-0 text-ink shadow-2xl`}
    >
      <div className="p-5">
        <h2 id={titleId} className="text-lg font-semibold">
          {title}
        </h2>
        {children}
      </div>
    </dialog>
  )
}
