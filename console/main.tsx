/** Where the page begins. */
import '@mantine/core/styles.css'
import './styles/base.css'
import './styles/shell.css'
import './styles/parts.css'
import { createRoot } from 'react-dom/client'
import { App } from './app.tsx'

const root = document.getElementById('root')
if (root) createRoot(root).render(<App />)
