// The OAuth provider under the paths of "Enable with Segment" (segment.com/docs/partners/enable-with-segment, read
// 2025-11): authorization code, with PKCE and refresh tokens besides, which Segment's own does not have. Codes, tokens
// and their checks are the library's (npm @node-oauth/oauth2-server); the page and the memory are ours.
import OAuth2Server from '@node-oauth/oauth2-server'
import { Hono, type Context } from 'hono'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import type { SandboxEnv } from '../../connection.ts'
import { actOut, type Faults } from '../../faults.ts'
import type { KnobBoard } from '../knobs.ts'
import type { Workspace } from '../workspace.ts'
import { consentPage } from './consent-page.ts'
import { appClient, type Consent, type Grants } from './grants.ts'

export interface OAuthDeps {
  newId: () => string
  faults: Faults
  board: KnobBoard
  workspace: Workspace
  grants: Grants
}

type Fields = Record<string, string>
type Handle = (c: Context<SandboxEnv>) => Promise<Response>

/** `GET` and `POST /oauth2/auth`, `POST /oauth2/token`, `POST /oauth2/revoke`. */
export function oauthRoutes(deps: OAuthDeps): Hono<SandboxEnv> {
  const server = new OAuth2Server({ model: deps.grants })
  const routes = new Hono<SandboxEnv>()
  const orFault =
    (handle: Handle): Handle =>
    async (c) => {
      const fault = deps.faults.take('segment.oauth', undefined, `${c.req.method} ${c.req.path}`)
      return (fault && (await actOut(fault, c))) ?? handle(c)
    }
  routes.get(
    '/oauth2/auth',
    orFault((c) => showPage(c, deps)),
  )
  routes.post(
    '/oauth2/auth',
    orFault((c) => answerPage(c, deps, server)),
  )
  routes.post(
    '/oauth2/token',
    orFault((c) => issueToken(c, deps, server)),
  )
  routes.post(
    '/oauth2/revoke',
    orFault((c) => revokeToken(c, deps)),
  )
  return routes
}

async function showPage(c: Context, { grants, workspace }: OAuthDeps): Promise<Response> {
  const request = c.req.query()
  // Without a client and an address that can be trusted there is nobody to redirect to (RFC 6749, 4.1.2.1).
  if (!(await grants.getClient(request.client_id ?? '', null))) return c.text('Unknown client_id.', 400)
  if (!(await grants.validateRedirectUri(request.redirect_uri ?? ''))) return c.text('Bad redirect_uri.', 400)
  return c.html(consentPage(request, workspace))
}

async function answerPage(c: Context, deps: OAuthDeps, server: OAuth2Server): Promise<Response> {
  const { decision, workspace, source: sourceId, ...request } = await formOf(c)
  const source = deps.workspace.sources.find(({ id, slug }) => sourceId === id || sourceId === slug)
  const problem = problemWith({ decision, workspace, sourceId, scope: request.scope }, deps.workspace)
  if (problem !== undefined) return c.html(consentPage(request, deps.workspace, problem), 400)
  const { id, slug } = deps.workspace
  const consent: Consent = { grantId: deps.newId(), workspace: { id, slug }, source }
  const response = new OAuth2Server.Response()
  const body = { ...request, ...(decision === 'deny' ? { allowed: 'false' } : {}) }
  try {
    await server.authorize(
      new OAuth2Server.Request({ headers: {}, method: 'POST', query: {}, body }),
      response,
      {
        authenticateHandler: { handle: () => consent },
        authorizationCodeLifetime: deps.board.knobs.codeSeconds,
      },
    )
  } catch (error) {
    // A refusal that the app may hear of is in the redirect.
    if (response.get('location') === undefined) return c.text((error as Error).message, 400)
  }
  return c.redirect(String(response.get('location')), 302)
}

function problemWith(
  { decision, workspace, sourceId = '', scope = '' }: Record<string, string | undefined>,
  { id, slug, sources }: Workspace,
): string | undefined {
  if (decision === 'deny') return undefined
  if (decision !== 'allow') return 'Choose Allow or Deny.'
  if (workspace !== id && workspace !== slug) return 'Choose a workspace that is yours.'
  if (sourceId === '') return scope.includes('destination/') ? 'This app needs a source.' : undefined
  return sources.some((source) => source.id === sourceId || source.slug === sourceId)
    ? undefined
    : 'The workspace has no such source.'
}

async function issueToken(c: Context, { board }: OAuthDeps, server: OAuth2Server): Promise<Response> {
  const body = await formOf(c)
  const response = new OAuth2Server.Response()
  const request = new OAuth2Server.Request({ headers: c.req.header(), method: 'POST', query: {}, body })
  try {
    await server.token(request, response, {
      accessTokenLifetime: board.knobs.accessTokenSeconds,
      alwaysIssueNewRefreshToken: board.knobs.refreshTokens === 'rotating',
      allowExtendedTokenAttributes: true,
    })
  } catch (error) {
    if (!(error instanceof OAuth2Server.OAuthError)) throw error
    // What is wrong with the request itself is thrown without an answer.
    response.status = error.code
    response.body = { error: error.name, error_description: error.message }
  }
  for (const [name, value] of Object.entries(response.headers ?? {})) c.header(name, value)
  return c.json(response.body as object, (response.status ?? 200) as ContentfulStatusCode)
}

async function revokeToken(c: Context, { grants }: OAuthDeps): Promise<Response> {
  const body = await formOf(c)
  const [, basic] = /^basic\s+(\S+)\s*$/i.exec(c.req.header('authorization') ?? '') ?? []
  const [id, secret] =
    basic === undefined
      ? [body.client_id, body.client_secret]
      : Buffer.from(basic, 'base64').toString('utf8').split(':')
  if (!(await grants.getClient(id ?? '', secret))) {
    return c.json({ error: 'invalid_client', error_description: `The client is not ${appClient.id}.` }, 401)
  }
  if (body.token === undefined) return c.json({ error: 'invalid_request' }, 400)
  grants.revoke(body.token)
  return c.body(null, 200) // also for a token that is not known (RFC 7009, 2.2)
}

async function formOf(c: Context): Promise<Fields> {
  const fields = await c.req.parseBody().catch(() => ({}))
  const texts = Object.entries(fields).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string',
  )
  return Object.fromEntries(texts)
}
