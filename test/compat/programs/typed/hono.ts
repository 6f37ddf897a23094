/** What applications of Hono write, and a mistake that the types refuse. */
import { tokenBucket } from '@sluice/core'
import { sluice } from '@sluice/hono'

const limits = [{ name: 'ip', rule: tokenBucket({ capacity: 10, per: '1m' }) }]

export const guard = sluice({ limits })

// @ts-expect-error There is no such option.
sluice({ limitz: limits })
