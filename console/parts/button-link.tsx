/** A link that looks like a button: an address, and so a link. */
import { Button, type ButtonProps } from '@mantine/core'
import { createLink } from '@tanstack/react-router'
import type { AnchorHTMLAttributes } from 'react'

type AnchorProps = ButtonProps & Omit<AnchorHTMLAttributes<HTMLAnchorElement>, keyof ButtonProps>

export const ButtonLink = createLink((props: AnchorProps) => <Button component="a" {...props} />)
