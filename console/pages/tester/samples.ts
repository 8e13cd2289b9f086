/** Messages to begin with, one of each kind that people ask about. */

const id = () => `test-${crypto.randomUUID().slice(0, 8)}`

export const samples: { label: string; direction: 'inbound' | 'outbound'; make: () => object }[] = [
  {
    label: 'An order',
    direction: 'inbound',
    make: () => ({
      type: 'track',
      messageId: id(),
      userId: 'ada',
      anonymousId: 'a1b2c3',
      event: 'Order Completed',
      timestamp: new Date().toISOString(),
      properties: {
        revenue: 19.5,
        currency: 'EUR',
        items: [{ sku: 'A-1', quantity: 2 }],
        statsigCustomIDs: ['companyID', 'acme'],
      },
      context: {
        ip: '203.0.113.7',
        locale: 'en-GB',
        app: { version: '3.2.1' },
        traits: { email: 'ada@example.com' },
      },
    }),
  },
  {
    label: 'An anonymous page view',
    direction: 'inbound',
    make: () => ({
      type: 'page',
      messageId: id(),
      anonymousId: 'a1b2c3',
      name: 'Pricing',
      properties: { path: '/pricing', referrer: 'https://example.com/' },
      timestamp: new Date().toISOString(),
    }),
  },
  {
    label: 'A staging event',
    direction: 'inbound',
    make: () => ({
      type: 'track',
      messageId: id(),
      userId: 'ada',
      event: 'Signed Up',
      properties: { statsigEnvironment: { tier: 'staging' }, statsigCustom: ['isVIP', 'true', 'campaign'] },
      timestamp: new Date().toISOString(),
    }),
  },
  {
    label: 'One without any id',
    direction: 'inbound',
    make: () => ({ type: 'track', messageId: id(), event: 'Lost', properties: { value: 'much' } }),
  },
  {
    label: 'A member of an audience',
    direction: 'inbound',
    make: () => ({
      type: 'identify',
      messageId: id(),
      userId: 'ada',
      traits: { vips: true },
      context: {
        personas: { computation_class: 'audience', computation_key: 'vips', computation_id: 'aud_1' },
      },
    }),
  },
  {
    label: 'A Statsig exposure',
    direction: 'outbound',
    make: () => ({
      eventName: 'statsig::gate_exposure',
      user: { userID: 'ada' },
      metadata: { gate: 'new_checkout', gateValue: 'true', ruleID: 'default' },
      time: Date.now(),
    }),
  },
]
