/** The rows of the error table that belong to set-up at Segment. Read through core/errors.ts. Zod-free. */
import type { ErrorRow } from './errors.ts'

export const setupErrors = {
  setup_not_open: {
    status: 409,
    title: 'No set-up of this connection waits for that',
    nextStep: 'GET /api/v1/connections/{id}/setup says where it is; POST there starts one.',
    heals: false,
  },
  setup_expired: {
    status: 409,
    title: 'The set-up was not finished in time',
    nextStep: 'Start it again with POST /api/v1/connections/{id}/setup.',
    heals: false,
  },
  setup_cancelled: {
    status: 409,
    title: 'The set-up was cancelled',
    nextStep: 'Nothing; or start it again.',
    heals: false,
  },
  source_unknown: {
    status: 422,
    title: 'No such source can be chosen',
    nextStep: 'Choose from `choices` of GET /api/v1/connections/{id}/setup.',
    heals: false,
  },
  oauth_not_configured: {
    status: 422,
    title: 'No OAuth app is configured',
    nextStep:
      'Set SEGMENT_OAUTH_CLIENT_ID and SEGMENT_OAUTH_CLIENT_SECRET, or set up with a Public API token or by hand.',
    heals: false,
  },
  api_token_missing: {
    status: 422,
    title: 'No Public API token is set',
    nextStep:
      'Set `segment.apiToken` on the connection: in Segment, Settings, Workspace settings, Access Management, Tokens.',
    heals: false,
  },
  public_url_loopback: {
    status: 422,
    title: 'Segment cannot reach this address',
    nextStep:
      'Set PUBLIC_URL to an address that the internet reaches. To try it out, open a tunnel, such as `cloudflared tunnel --url http://127.0.0.1:3000`, and start again with the https address that it prints.',
    heals: false,
  },
  disconnecting: {
    status: 409,
    title: 'The connection is being removed',
    nextStep: 'Nothing; make a new connection.',
    heals: false,
  },
  'segment.consent_refused': {
    status: 409,
    title: 'Access was not allowed at Segment',
    nextStep: 'Start the set-up again and choose Allow, as an owner of the workspace.',
    heals: false,
  },
  'segment.code_refused': {
    status: 409,
    title: 'Segment does not take the consent any more',
    nextStep: 'Start the set-up again: a consent is good for a short time and for once.',
    heals: false,
  },
  'segment.client_refused': {
    status: 502,
    title: 'Segment does not know the OAuth app',
    nextStep: 'Check SEGMENT_OAUTH_CLIENT_ID and SEGMENT_OAUTH_CLIENT_SECRET.',
    heals: false,
  },
  'segment.token_refused': {
    status: 502,
    title: 'Segment refuses the token',
    nextStep: 'Set a valid Public API token as `segment.apiToken`, or go through the consent again.',
    heals: false,
  },
  'segment.forbidden': {
    status: 502,
    title: 'The token may not do this at Segment',
    nextStep: 'Use a token of a workspace owner, with the right to change sources and destinations.',
    heals: false,
  },
  'segment.refused': {
    status: 502,
    title: 'Segment refuses the request',
    nextStep: 'Look at `detail`: these are the words of Segment.',
    heals: false,
  },
  'segment.left_behind': {
    status: 502,
    title: 'Something that set-up made is left at Segment',
    nextStep: 'Remove the destinations that `detail` names in Segment, or set a valid token and try again.',
    heals: false,
  },
} as const satisfies Record<string, ErrorRow>
