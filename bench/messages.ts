/** Bodies for the loaders: 100 track events of about 0.9 KB, each with a messageId of its own. */
import { randomBytes } from 'node:crypto'

const properties = {
  order_id: 'o-50314b8e9bcf000000000000',
  affiliation: 'Google Store',
  total: 27.5,
  revenue: 25,
  shipping: 3,
  tax: 2,
  discount: 2.5,
  coupon: 'hasbros',
  currency: 'USD',
  products: [
    {
      product_id: '507f1f77bcf86cd799439011',
      sku: '45790-32',
      name: 'Monopoly',
      price: 19,
      quantity: 1,
      category: 'Games',
    },
  ],
  plan: 'pro',
  first_order: false,
}
const context = {
  ip: '203.0.113.7',
  locale: 'en-US',
  userAgent:
    'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36',
  library: { name: '@segment/analytics-node', version: '3.1.0' },
}
const rest = JSON.stringify({
  type: 'track',
  event: 'Order Completed',
  properties,
  context,
  integrations: {},
}).slice(1)

export const eventsPerRequest = 100

/** One batch with fresh ids. Text is put together, not serialised: the loader must cost little. */
export function makeBatch(writeKey: string, nowMs: number): string {
  const prefix = randomBytes(12).toString('hex')
  const timestamp = new Date(nowMs).toISOString()
  const items: string[] = []
  for (let i = 0; i < eventsPerRequest; i += 1) {
    const id = `node-next-${nowMs}-${prefix}-${i}`
    items.push(
      `{"messageId":"${id}","userId":"user-${prefix}-${i}","anonymousId":"anon-${prefix}-${i}","timestamp":"${timestamp}",${rest}`,
    )
  }
  return `{"batch":[${items.join(',')}],"writeKey":"${writeKey}","sentAt":"${timestamp}"}`
}
