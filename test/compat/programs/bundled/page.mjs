/** A page that reads quota headers. */
import { createQuota } from '@sluice/browser'

globalThis.quota = createQuota()
