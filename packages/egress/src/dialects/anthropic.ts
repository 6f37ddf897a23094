/** Anthropic: `anthropic-ratelimit-input-tokens-remaining`, with resets as dates. */
import { type Dialect, refusedBeforeWork } from './dialect.ts'
import { familyQuota, type HeaderNames, refillWaitMs } from './quota-family.ts'
import { untilDateMsIn } from './response-headers.ts'

const limits = ['requests', 'tokens', 'input-tokens', 'output-tokens']
const name: HeaderNames = (limit, what) => `anthropic-ratelimit-${limit}-${what}`

/** `anthropic-ratelimit-input-tokens-remaining`. Limits are named `requests`, `tokens`, `input-tokens` and `output-tokens`. */
export const anthropicDialect: Dialect = {
  quota: (header) => familyQuota(limits, header, name),
  refusalWaitMs: (status, header) =>
    status === 429 ? refillWaitMs(familyQuota(limits, header, name), header, name, untilDateMsIn) : undefined,
  keyHeader: 'x-api-key',
  unprocessed: refusedBeforeWork,
}
