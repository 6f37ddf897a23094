/** What a page writes, and a mistake that the types refuse. */
import { createQuota } from '@sluice/browser'

export const quota = createQuota()

// @ts-expect-error There is no such option.
createQuota({ limitz: [] })
