/**
 * OAuth 2 towards Segment by oauth4webapi: authorization code with PKCE (RFC 7636) and state, client authentication by
 * HTTP Basic, refresh. Which server it is follows from the settings alone; nothing is discovered.
 * Of the answer's fields `source_names` is Segment's own (segment.com/docs/partners/enable-with-segment).
 */
import * as oauth from 'oauth4webapi'
import { BridgeError } from '../core/errors.ts'
import type { Clock, SegmentOauth, SegmentTokens } from '../core/ports.ts'
import { parseRetryAfter } from '../core/retry.ts'

const timeoutMs = 15_000

export interface OauthApp {
  authorizeUrl: string
  tokenUrl: string
  clientId: string
  clientSecret: string
  scopes: string
  clock: Clock
}

export function createSegmentOauth(app: OauthApp): SegmentOauth {
  const server: oauth.AuthorizationServer = {
    issuer: new URL(app.tokenUrl).origin,
    authorization_endpoint: app.authorizeUrl,
    token_endpoint: app.tokenUrl,
  }
  const client: oauth.Client = { client_id: app.clientId }
  const authentication = oauth.ClientSecretBasic(app.clientSecret)
  const options = {
    // The sandbox has no TLS; with real Segment the settings say https. Marked deprecated so that it stands out.
    // eslint-disable-next-line @typescript-eslint/no-deprecated
    [oauth.allowInsecureRequests]: app.tokenUrl.startsWith('http:'),
    signal: () => AbortSignal.timeout(timeoutMs),
  }

  /** Only what the processing says counts: a refusal has its words in the body, which are no secret. */
  async function ask(
    request: () => Promise<Response>,
    process: (response: Response) => Promise<oauth.TokenEndpointResponse>,
  ): Promise<SegmentTokens> {
    const askedMs = app.clock.nowMs()
    try {
      const response = await request()
      refuseFaults(response, app.clock)
      return tokensOf(await process(response), askedMs)
    } catch (error) {
      throw toBridgeError(error)
    }
  }

  return {
    async authorizeUrl({ state, verifier, redirectUri }) {
      const url = new URL(app.authorizeUrl)
      const challenge = await oauth.calculatePKCECodeChallenge(verifier)
      const asked = {
        ...{ response_type: 'code', client_id: app.clientId, redirect_uri: redirectUri, state },
        ...{ scope: app.scopes, code_challenge: challenge, code_challenge_method: 'S256' },
      }
      for (const [name, value] of Object.entries(asked)) url.searchParams.set(name, value)
      return url.href
    },
    exchange({ code, verifier, redirectUri }) {
      // The state was compared when the person came back; of what came with it, only the code is kept.
      const callback = oauth.validateAuthResponse(
        server,
        client,
        new URLSearchParams({ code }),
        oauth.skipStateCheck,
      )
      return ask(
        () =>
          oauth.authorizationCodeGrantRequest(
            ...([server, client, authentication, callback, redirectUri, verifier] as const),
            options,
          ),
        (response) => oauth.processAuthorizationCodeResponse(server, client, response),
      )
    },
    refresh(refreshToken) {
      return ask(
        () => oauth.refreshTokenGrantRequest(server, client, authentication, refreshToken, options),
        (response) => oauth.processRefreshTokenResponse(server, client, response),
      )
    },
  }
}

function refuseFaults({ status, headers }: Response, clock: Clock): void {
  if (status === 429) {
    const retryAfterMs = parseRetryAfter(headers.get('retry-after'), clock.nowMs())
    const hint = retryAfterMs === undefined ? {} : { retryAfterMs }
    throw new BridgeError('segment.rate_limited', 'HTTP 429 to a request for a token', hint)
  }
  if (status >= 500) throw new BridgeError('segment.unavailable', `HTTP ${status} to a request for a token`)
}

function tokensOf(answer: oauth.TokenEndpointResponse, askedMs: number): SegmentTokens {
  const { expires_in: seconds, source_names: named } = answer
  const sources = Array.isArray(named) ? named.filter((name) => typeof name === 'string') : []
  return {
    ...{ accessToken: answer.access_token, refreshToken: answer.refresh_token },
    expiresAtMs: seconds === undefined ? undefined : askedMs + seconds * 1_000,
    // `workspaces/<slug>/sources/<slug>`
    sources: sources.length === 0 ? undefined : sources.map((name) => name.split('/').at(-1) ?? name),
  }
}

function toBridgeError(error: unknown): unknown {
  if (error instanceof BridgeError) return error
  if (error instanceof oauth.ResponseBodyError) {
    const words = `${error.error}${error.error_description ? `: ${error.error_description.slice(0, 200)}` : ''}`
    const isClient = error.error === 'invalid_client' || error.error === 'unauthorized_client'
    return new BridgeError(isClient ? 'segment.client_refused' : 'segment.code_refused', words)
  }
  if (error instanceof oauth.WWWAuthenticateChallengeError)
    return new BridgeError('segment.client_refused', `HTTP ${error.status} to a request for a token`)
  // What the library quotes of an answer may be a token.
  const code = error instanceof oauth.OperationProcessingError ? (error.code ?? 'bad answer') : 'no answer'
  return new BridgeError('segment.unavailable', `the token endpoint: ${code}`)
}
