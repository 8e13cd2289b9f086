// What people have granted, and the codes and tokens that came of it: the memory behind the OAuth server.
import type OAuth2Server from '@node-oauth/oauth2-server'
import type { Access } from '../public-api/access.ts'
import type { KnobBoard } from '../knobs.ts'

/** The app that `npm start` is configured with in sandbox mode. */
export const appClient = { id: 'sandbox-client', secret: 'sandbox-secret' }

/** What a person chose on the consent page; the OAuth server calls it the user. */
export interface Consent {
  grantId: string
  workspace: { id: string; slug: string }
  /** Undefined where the choice was left to the app. */
  source: { id: string; slug: string } | undefined
}

interface StoredToken {
  kind: 'access' | 'refresh'
  grantId: string
  consent: Consent
  scope: string[]
  expiresAtMs: number
  /** When a refresh token was exchanged for another one. */
  usedAtMs?: number
}

/** A grant without its tokens, for inspection. */
export interface ShownGrant {
  grantId: string
  scope: string[]
  source: string | null
  accessTokens: number
  refreshTokens: number
}

export interface GrantsDeps {
  nowMs: () => number
  board: KnobBoard
}

const client = {
  id: appClient.id,
  // Any http(s) address may be the app's: the sandbox has no page to register one.
  redirectUris: ['http://127.0.0.1/'],
  grants: ['authorization_code', 'refresh_token'],
}

export class Grants implements OAuth2Server.AuthorizationCodeModel, OAuth2Server.RefreshTokenModel {
  readonly #codes = new Map<string, OAuth2Server.AuthorizationCode>()
  readonly #tokens = new Map<string, StoredToken>()
  readonly #deps: GrantsDeps

  constructor(deps: GrantsDeps) {
    this.#deps = deps
  }

  /** Null as secret: the app is only named, on the consent page. Credentials may be percent-encoded (RFC 6749, 2.3.1). */
  async getClient(id: string, secret: string | null | undefined): Promise<OAuth2Server.Client | undefined> {
    if (decoded(id) !== appClient.id) return undefined
    return secret === null || decoded(secret ?? '') === appClient.secret ? client : undefined
  }

  async validateRedirectUri(uri: string): Promise<boolean> {
    return URL.canParse(uri) && /^https?:$/.test(new URL(uri).protocol)
  }

  async validateScope(
    _: OAuth2Server.User,
    __: OAuth2Server.Client,
    scope?: string[],
  ): Promise<string[] | false> {
    const isKnown = (word: string) =>
      /^(workspace|workspace:read|destination\/[\w-]+|offline_access)$/.test(word)
    return scope !== undefined && scope.length > 0 && scope.every(isKnown) ? scope : false
  }

  async saveAuthorizationCode(
    code: Pick<OAuth2Server.AuthorizationCode, 'authorizationCode' | 'expiresAt' | 'redirectUri'>,
    by: OAuth2Server.Client,
    user: OAuth2Server.User,
  ): Promise<OAuth2Server.AuthorizationCode> {
    const saved = { ...code, client: by, user }
    this.#codes.set(code.authorizationCode, saved)
    return saved
  }

  async getAuthorizationCode(code: string): Promise<OAuth2Server.AuthorizationCode | undefined> {
    return this.#codes.get(code)
  }

  async revokeAuthorizationCode({ authorizationCode }: OAuth2Server.AuthorizationCode): Promise<boolean> {
    return this.#codes.delete(authorizationCode)
  }

  async saveToken(
    token: OAuth2Server.Token,
    by: OAuth2Server.Client,
    user: OAuth2Server.User,
  ): Promise<OAuth2Server.Token> {
    const consent = user as Consent
    const { accessToken, accessTokenExpiresAt, refreshToken, refreshTokenExpiresAt, scope = [] } = token
    const keep = (text: string, kind: StoredToken['kind'], expiresAt: Date | undefined) =>
      this.#tokens.set(text, {
        ...{ kind, consent, scope, grantId: consent.grantId },
        expiresAtMs: expiresAt?.getTime() ?? Infinity,
      })
    keep(accessToken, 'access', accessTokenExpiresAt)
    const saved = { ...token, client: by, user, ...namesFor(consent) }
    if (refreshToken === undefined || this.#deps.board.knobs.refreshTokens === 'none') {
      return { ...saved, refreshToken: undefined } as unknown as OAuth2Server.Token
    }
    keep(refreshToken, 'refresh', refreshTokenExpiresAt)
    return saved
  }

  async getRefreshToken(text: string): Promise<OAuth2Server.RefreshToken | undefined> {
    const token = this.#tokens.get(text)
    if (token?.kind !== 'refresh') return undefined
    const graceMs = this.#deps.board.knobs.refreshGraceSeconds * 1_000
    if (token.usedAtMs !== undefined && this.#deps.nowMs() - token.usedAtMs >= graceMs) {
      // Somebody has an old one: who is the thief cannot be told, so all of the grant ends (RFC 9700, 4.14.2).
      this.#end(token.grantId)
      return undefined
    }
    const refreshTokenExpiresAt = new Date(token.expiresAtMs)
    return { refreshToken: text, refreshTokenExpiresAt, scope: token.scope, client, user: token.consent }
  }

  /** The OAuth server calls this when it rotates. */
  async revokeToken({ refreshToken }: OAuth2Server.RefreshToken): Promise<boolean> {
    const token = this.#tokens.get(refreshToken)
    if (!token) return false
    token.usedAtMs ??= this.#deps.nowMs()
    return true
  }

  async getAccessToken(): Promise<undefined> {
    return undefined // the Public API asks by accessOf
  }

  /** What an access token grants; undefined when it is unknown, expired or revoked. */
  accessOf(text: string): Access | undefined {
    const token = this.#tokens.get(text)
    if (token?.kind !== 'access' || token.expiresAtMs <= this.#deps.nowMs()) return undefined
    return {
      canWrite: token.scope.some((word) => word === 'workspace' || word.startsWith('destination/')),
      sourceIds: token.consent.source && [token.consent.source.id],
    }
  }

  /** RFC 7009: a refresh token takes its whole grant with it. */
  revoke(text: string): void {
    const token = this.#tokens.get(text)
    if (token?.kind === 'refresh') this.#end(token.grantId)
    else this.#tokens.delete(text)
  }

  /** Grants that still have a live token. */
  shown(): ShownGrant[] {
    const nowMs = this.#deps.nowMs()
    const live = [...this.#tokens.values()].filter(
      ({ expiresAtMs, usedAtMs }) => expiresAtMs > nowMs && usedAtMs === undefined,
    )
    const ids = [...new Set(live.map(({ grantId }) => grantId))]
    return ids.flatMap((grantId) => {
      const tokens = live.filter((token) => token.grantId === grantId)
      const count = (kind: StoredToken['kind']) => tokens.filter((token) => token.kind === kind).length
      const [first] = tokens
      if (!first) return []
      const { scope, consent } = first
      const source = consent.source?.slug ?? null
      return [{ grantId, scope, source, accessTokens: count('access'), refreshTokens: count('refresh') }]
    })
  }

  forget(): void {
    this.#codes.clear()
    this.#tokens.clear()
  }

  #end(grantId: string): void {
    for (const [text, token] of this.#tokens) if (token.grantId === grantId) this.#tokens.delete(text)
  }
}

/** What Segment adds to a token's answer (segment.com/docs/partners/enable-with-segment, read 2025-11). */
function namesFor({ grantId, workspace, source }: Consent): Record<string, unknown> {
  const name = `workspaces/${workspace.slug}`
  return {
    app_name: 'apps/1',
    install_name: `installs/${grantId}`,
    workspace_names: [name],
    ...(source ? { source_names: [`${name}/sources/${source.slug}`] } : {}),
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
