/** Azure OpenAI: the headers of OpenAI, often without the limit. `retry-after-ms` is read of every provider. */
import { type Dialect, refusedBeforeWork } from './dialect.ts'
import { openaiDialect } from './openai.ts'

/**
 * `x-ratelimit-remaining-requests` and `-tokens` of a deployment. Limits are named `requests` and `tokens`. A response that names no limit
 * is read by the configured one. Azure counts a minute in parts of 1 or 10 seconds: `enforcement: 'auto'` finds that out.
 */
export const azureOpenaiDialect: Dialect = {
  quota: openaiDialect.quota,
  refusalWaitMs: openaiDialect.refusalWaitMs!,
  keyHeader: 'api-key',
  unprocessed: refusedBeforeWork,
}
