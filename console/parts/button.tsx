/**
 * The library's button, but for one thing: while it is busy it is not disabled. A disabled button loses the focus, and
 * who works by keyboard would have to find the place again.
 */
import { Button as LibraryButton, type ButtonProps } from '@mantine/core'
import type { ComponentPropsWithoutRef, MouseEvent } from 'react'

type Props = ButtonProps & Omit<ComponentPropsWithoutRef<'button'>, keyof ButtonProps>

export function Button({ loading = false, onClick, ...rest }: Props) {
  const press = (event: MouseEvent<HTMLButtonElement>) => {
    if (loading) event.preventDefault()
    else onClick?.(event)
  }
  return (
    <LibraryButton
      {...rest}
      onClick={press}
      aria-busy={loading || undefined}
      data-busy={loading || undefined}
    />
  )
}
