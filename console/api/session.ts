/** Signing in and out: an API key becomes an http-only cookie. All that the console knows of the session is here. */

const address = '/api/v1/session'

/** Another site can neither set this header nor read our answers; the API wants it where a cookie signs a change. */
export const csrfHeaders = (): Record<string, string> => ({ 'x-causeway-csrf': '1' })

export interface SignInFailure {
  title: string
  nextStep: string
}

/** Undefined once signed in, else what went wrong. */
export async function signIn(key: string): Promise<SignInFailure | undefined> {
  let response: Response
  try {
    response = await fetch(address, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...csrfHeaders() },
      body: JSON.stringify({ key }),
    })
  } catch {
    return { title: 'Causeway does not answer', nextStep: 'Check that the api process runs, then try again.' }
  }
  if (response.ok) return undefined
  if (response.status === 401)
    return { title: 'This key opens nothing', nextStep: 'Copy the whole key; a revoked one no longer works.' }
  const problem = (await response.json().catch(() => ({}))) as Partial<SignInFailure>
  return {
    title: problem.title ?? `The API answered ${response.status}`,
    nextStep: problem.nextStep ?? 'Try again.',
  }
}

export async function signOut(): Promise<void> {
  await fetch(address, { method: 'DELETE', headers: csrfHeaders() })
}
