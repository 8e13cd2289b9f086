/** The console's few pictures, drawn here: a font or a package of icons would weigh more than all of them. */
import type { ReactNode } from 'react'

const paths = {
  overview: <path d="M3 9h14M3 13h14M6 13v4M14 13v4M6 9V5M14 9V5" />,
  connect: <path d="M8 12l4-4M7 9L5 11a3 3 0 004 4l2-2M13 11l2-2a3 3 0 00-4-4L9 7" />,
  tester: <path d="M8 3v5l-4 7a1.5 1.5 0 001.3 2h9.4a1.5 1.5 0 001.3-2l-4-7V3M7 3h6" />,
  live: <path d="M3 10h3l2-5 4 10 2-5h3" />,
  search: <path d="M9 3.5a5.5 5.5 0 110 11 5.5 5.5 0 010-11zM13.5 13.5L17 17" />,
  mapping: <path d="M3 6h9M3 14h5M15 6l-3-3M15 6l-3 3M8 14h9" />,
  audiences: <path d="M7 9a3 3 0 100-6 3 3 0 000 6zM2 17c0-3 2-5 5-5s5 2 5 5M13 9a2.6 2.6 0 100-5M14.5 12c2.2.3 3.5 2 3.5 5" />, // prettier-ignore
  replay: <path d="M4 10a6 6 0 106-6H6M6 4l3-2.500M6 4l3 2.5" />,
  settings: <path d="M4 6h7M15 6h1M4 14h1M9 14h7M13 4v4M7 12v4" />,
  menu: <path d="M3 6h14M3 10h14M3 14h14" />,
  sun: <path d="M10 6.5a3.5 3.5 0 110 7 3.5 3.5 0 010-7zM10 2v1.500M10 16.500V18M2 10h1.500M16.5 10H18M4.3 4.300l1 1M14.7 14.700l1 1M4.3 15.700l1-1M14.7 5.300l1-1" />, // prettier-ignore
  moon: <path d="M16 12.500A6.5 6.5 0 017.5 4a6.5 6.5 0 108.5 8.500z" />,
  person: <path d="M10 9a3 3 0 100-6 3 3 0 000 6zM4 17c0-3 2.5-5 6-5s6 2 6 5" />,
  copy: <path d="M7 7h9v9H7zM4 13V4h9" />,
  check: <path d="M4 10.500l4 4 8-9" />,
  cross: <path d="M5 5l10 10M15 5L5 15" />,
  up: <path d="M10 16V4M5 9l5-5 5 5" />,
  down: <path d="M10 4v12M5 11l5 5 5-5" />,
  out: <path d="M8 4H4v12h12v-4M11 4h5v5M16 4l-7 7" />,
  warn: <path d="M10 3l8 14H2zM10 8v4M10 14.500v.1" />,
  held: <path d="M7 4v12M13 4v12" />,
  plus: <path d="M10 4v12M4 10h12" />,
} satisfies Record<string, ReactNode>

export type IconName = keyof typeof paths

export function Icon({ name, size = 18 }: { name: IconName; size?: number }) {
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 20 20"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.6"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
    >
      {paths[name]}
    </svg>
  )
}
