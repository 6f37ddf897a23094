/** What a call to a language model will use, before it is sent: the input by its length, the output at its maximum. */
import type { EgressCost } from '../provider/costs.ts'
import type { OutgoingCall } from './outgoing-call.ts'

/** Bytes of JSON that are one token, at most. English text has about four letters to a token. */
const bytesPerToken = 3.5
/** Output of a call that names no maximum. */
const usualOutput = 1000

/**
 * Units for the limits named `tokens`, `input-tokens` and `output-tokens`, never above the limit itself: a small limit must not make
 * its first call impossible. 700 bytes with `max_tokens: 300` are 200 + 300 tokens. The length of a stream is its `Content-Length`.
 * @param limits - capacity by limit name
 * @param countTokens - counts the tokens of a text in place of its length
 */
export function estimateTokens(
  { body, headers }: Pick<OutgoingCall, 'body' | 'headers'>,
  limits: Readonly<Record<string, number>>,
  countTokens: (text: string) => number = countByLength,
): EgressCost {
  const streamed = Number(headers.get('content-length') ?? 0) || 0
  const input = Math.ceil(body === undefined ? streamed / bytesPerToken : countTokens(body))
  const output = outputOf(body)
  const units: Readonly<Record<string, number>> = { tokens: input + output, 'input-tokens': input, 'output-tokens': output }
  return Object.fromEntries(
    Object.entries(units).flatMap(([name, each]) => (limits[name] === undefined ? [] : [[name, Math.min(each, limits[name])]])),
  )
}

function countByLength(text: string): number {
  return new TextEncoder().encode(text).length / bytesPerToken
}

function outputOf(body: string | undefined): number {
  const fields = recordIn(body)
  for (const name of ['max_completion_tokens', 'max_output_tokens', 'max_tokens']) {
    const most = fields[name]
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
