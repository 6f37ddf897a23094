/** OpenAI and its relatives: `x-ratelimit-remaining-requests`, with resets such as `6m0s`. */
import { type Dialect, refusedBeforeWork } from './dialect.ts'
import { familyQuota, type HeaderNames, refillWaitMs } from './quota-family.ts'
import { durationMsIn } from './response-headers.ts'

const limits = ['requests', 'tokens']
const name: HeaderNames = (limit, what) => `x-ratelimit-${what}-${limit}`

/** `x-ratelimit-remaining-requests` and `-tokens`: OpenAI, Groq and others. Limits are named `requests` and `tokens`. */
export const openaiDialect: Dialect = {
  quota: (header) => familyQuota(limits, header, name),
  refusalWaitMs: (status, header) =>
    status === 429 ? refillWaitMs(familyQuota(limits, header, name), header, name, durationMsIn) : undefined,
  unprocessed: refusedBeforeWork,
}
