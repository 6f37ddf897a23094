/** What a call to a language model will use, before it is sent: the input by its length, the output at its maximum. */
import type { EgressCost } from '../provider/costs.ts'

/** Bytes of JSON that are one token, at most. English text has about four letters to a token. */
const bytesPerToken = 3.5
/** Output of a call that names no maximum. */
const usualOutput = 1000

/**
 * Units for the limits named `tokens`, `input-tokens` and `output-tokens`, never above the limit itself: a small limit must not make
 * its first call impossible.
 * @param body - of the request, as JSON
 * @param limits - capacity by limit name
 */
export function estimateTokens(body: string | undefined, limits: Readonly<Record<string, number>>): EgressCost {
  const input = Math.ceil(new TextEncoder().encode(body ?? '').length / bytesPerToken)
  const output = outputOf(body)
  const units: Readonly<Record<string, number>> = { tokens: input + output, 'input-tokens': input, 'output-tokens': output }
  return Object.fromEntries(
    Object.entries(units).flatMap(([name, each]) => (limits[name] === undefined ? [] : [[name, Math.min(each, limits[name])]])),
  )
}

function outputOf(body: string | undefined): number {
  const asked = recordIn(body)
  for (const name of ['max_completion_tokens', 'max_output_tokens', 'max_tokens']) {
    const most = asked[name]
    if (typeof most === 'number' && Number.isSafeInteger(most) && most >= 0) return most
  }
  return usualOutput
}

function recordIn(body: string | undefined): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(body ?? '')
    return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {}
  } catch {
    return {}
  }
}
