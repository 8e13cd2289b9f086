/**
 * Segment's documented limits of the tracking API
 * (https://segment.com/docs/connections/sources/catalog/libraries/server/http-api/, read 2025-11): 32 KB a message,
 * 500 KB and 2,500 messages a batch. Its own libraries take a KB for 1,024 bytes of a message (analytics-node,
 * analytics-python); of a batch the page leaves it open, so `clients/segment-tracking.ts` learns the smaller one.
 */
export const segmentLimits = {
  messageBytesMax: 32 * 1024,
  batchBytesMax: 500 * 1024,
  batchMessagesMax: 2500,
} as const
