/**
 * Search attributes of our workflows. Registered on every server before a worker starts: an unregistered one stalls
 * workflow tasks for ever. Zod-free: workflows import this file.
 */
const keyword = <N extends string>(name: N) => ({ name, type: 'KEYWORD' as const })

export const causewayConnection = keyword('CausewayConnection')
export const causewayLane = keyword('CausewayLane')
export const causewayAudience = keyword('CausewayAudience')
export const causewayStatus = keyword('CausewayStatus')

export const searchAttributes = [causewayConnection, causewayLane, causewayAudience, causewayStatus]
