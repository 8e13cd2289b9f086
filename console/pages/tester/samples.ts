/** Messages to begin with, one of each kind that people ask about. */

const id = () => `test-${crypto.randomUUID().slice(0, 8)}`

export const samples: { label: string; lane: 'events' | 'outbound'; make: () => object }[] = [
  {
    label: 'An order',
    lane: 'events',
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
    lane: 'events',
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
    lane: 'events',
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
    lane: 'events',
    make: () => ({ type: 'track', messageId: id(), event: 'Lost', properties: { value: 'much' } }),
  },
  {
    label: 'A Statsig exposure',
    lane: 'outbound',
    make: () => ({
      eventName: 'statsig::gate_exposure',
      user: { userID: 'ada' },
      metadata: { gate: 'new_checkout', gateValue: 'true', ruleID: 'default' },
      time: Date.now(),
    }),
  },
]
