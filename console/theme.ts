/** The look: one accent, tokens for light and dark, 14 px text on an 8 px grid. Colours of state live in styles/base.css. */
import { createTheme, Tooltip, type MantineColorsTuple } from '@mantine/core'

const sea: MantineColorsTuple = [
  '#edf5fd',
  '#d8e8f9',
  '#aed0f1',
  '#82b8ea',
  '#5ea3e3',
  '#4796df',
  '#2f80cf',
  '#1a69b4',
  '#12589a',
  '#0a4680',
]

/** Cooler and deeper than the library's own. */
const dark: MantineColorsTuple = [
  '#dde3ea',
  '#b9c2cd',
  '#98a3b0',
  '#5b6673',
  '#3a434e',
  '#2b323b',
  '#21272f',
  '#181d23',
  '#12161b',
  '#0c0f13',
]

export const theme = createTheme({
  primaryColor: 'sea',
  primaryShade: 7,
  autoContrast: true,
  luminanceThreshold: 0.3,
  colors: { sea, dark },
  fontFamily:
    'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Noto Sans", Arial, sans-serif',
  fontFamilyMonospace:
    'ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", "Liberation Mono", monospace',
  fontSizes: { xs: '12px', sm: '13px', md: '14px', lg: '16px', xl: '20px' },
  defaultRadius: 'sm',
  cursorType: 'pointer',
  respectReducedMotion: true,
  headings: {
    fontWeight: '650',
    sizes: { h1: { fontSize: '20px' }, h2: { fontSize: '16px' }, h3: { fontSize: '14px' } },
  },
  components: {
    Tooltip: Tooltip.extend({ defaultProps: { openDelay: 250, withArrow: true, fz: 12 } }),
    Button: { defaultProps: { size: 'xs' } },
    TextInput: { defaultProps: { size: 'sm' } },
    Select: { defaultProps: { size: 'sm', allowDeselect: false, checkIconPosition: 'right' } },
    Drawer: { defaultProps: { position: 'right', size: 'xl', padding: 'md' } },
  },
})
