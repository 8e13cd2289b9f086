import { describe, expect, it } from 'vitest'
import { searchAttributes } from '../../core/search-attributes.ts'
import { startDevServer, startTimeSkipping, testNamespace } from './temporal.ts'

describe('startTimeSkipping', () => {
  it('starts a server on which a day passes within seconds', async () => {
    const environment = await startTimeSkipping()
    try {
      const before = await environment.currentTimeMs()
      const startedAt = performance.now()
      await environment.sleep('1 day')
      expect((await environment.currentTimeMs()) - before).toBeGreaterThanOrEqual(86_400_000)
      expect(performance.now() - startedAt).toBeLessThan(10_000)
    } finally {
      await environment.teardown()
    }
  })
})

describe('startDevServer', () => {
  it('starts a server that knows every search attribute as a keyword', async () => {
    const environment = await startDevServer()
    try {
      const { operatorService } = environment.connection
      const { customAttributes } = await operatorService.listSearchAttributes({ namespace: testNamespace })
      const keyword = 2
      for (const { name } of searchAttributes) expect(customAttributes).toHaveProperty(name, keyword)
    } finally {
      await environment.teardown()
    }
  })
})
