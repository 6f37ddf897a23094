/** Reading headers as strangers do. */
import { parseList } from 'structured-headers'

/** What a response says is left, by limit: read by a parser that is not ours, which accepts a valid list alone. */
export function remaining(response: Response): Record<string, unknown> {
  const field = response.headers.get('ratelimit')
  return Object.fromEntries(field === null ? [] : parseList(field).map(([name, parameters]) => [String(name), parameters.get('r')]))
}
