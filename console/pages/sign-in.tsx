/** The door: an API key becomes an http-only cookie, which no script can read. */
import { PasswordInput } from '@mantine/core'
import { Button } from '../parts/button.tsx'
import { useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState, type SyntheticEvent } from 'react'
import { signIn, type SignInFailure } from '../api/session.ts'
import { useAddress } from '../layout/address.ts'
import { CopyLine } from '../parts/copy.tsx'
import { PageHead } from '../parts/page-head.tsx'

/** Only an address of this very site is gone to. */
const safe = (next: string | undefined): string =>
  next !== undefined && /^\/(?![/\\])/.test(next) && !next.startsWith('/sign-in') ? next : '/'

export function SignIn() {
  const [key, setKey] = useState('')
  const [failure, setFailure] = useState<SignInFailure>()
  const [isBusy, setBusy] = useState(false)
  const [{ next }] = useAddress()
  const navigate = useNavigate()
  const queries = useQueryClient()
  const submit = async (event: SyntheticEvent) => {
    event.preventDefault()
    setBusy(true)
    const failed = await signIn(key.trim())
    setBusy(false)
    setFailure(failed)
    if (failed) return
    queries.clear()
    await navigate({ href: safe(next) })
  }
  return (
    <main className="page" style={{ maxWidth: 460, paddingTop: '12vh' }} id="main">
      <div className="card pad">
        <PageHead title="Sign in to Causeway">
          The bridge between Segment and Statsig that you run yourself.
        </PageHead>
        <form className="stack wide" onSubmit={(event) => void submit(event)}>
          <PasswordInput
            label="API key"
            description="It is kept in a cookie that no script can read, and never in the page."
            autoComplete="current-password"
            data-autofocus
            value={key}
            onChange={(event) => setKey(event.currentTarget.value)}
            error={failure && `${failure.title}. ${failure.nextStep}`}
            visibilityToggleButtonProps={{ 'aria-label': 'Show or hide the key' }}
          />
          <Button type="submit" size="sm" loading={isBusy} disabled={key.trim() === ''}>
            Sign in
          </Button>
        </form>
        <div className="stack" style={{ marginTop: 20 }}>
          <span className="dim">The admin key of this machine, made at the first start:</span>
          <CopyLine text={`node -p "require('./.data/keys.json').apiKey"`} label="Copy the command" />
        </div>
      </div>
    </main>
  )
}
