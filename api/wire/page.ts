/** Cursor pagination: `?limit&cursor` -> `{data, nextCursor}`. */
import { z } from '@hono/zod-openapi'

export const PageQuery = z.object({
  limit: z.coerce.number().int().min(1).max(500).default(50),
  cursor: z.string().max(2_000).optional(),
})

export const pageOf = <T extends z.ZodType>(item: T) =>
  z.object({ data: z.array(item), nextCursor: z.string().nullable() })
