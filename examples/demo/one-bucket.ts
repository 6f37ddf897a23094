/** First scene: fifteen requests against one token bucket of capacity 10. */
import { startExample } from './example.ts'
import { paint, say, statusCell, table } from './screen.ts'

const requests = 15

/** Plays the scene on a server of its own. */
export async function oneBucket(): Promise<void> {
  await using server = await startExample('fastify')
  say(paint('bold', `1. One token bucket of capacity 10, and ${requests} requests in a row`))
  say(paint('dim', `   examples/fastify.ts on ${server.url}`))
  say()
  const lines = table(['request', 9], ['status', 21], ['RateLimit', 12], ['Retry-After', 11])
  let passed = 0
  let problem: { readonly type: string; readonly body: string } | undefined
  for (let at = 1; at <= requests; at++) {
    const response = await fetch(server.url)
    const { headers, ok } = response
    lines.row(`${String(at).padStart(2)} GET /`, statusCell(response), headers.get('RateLimit') ?? '', headers.get('Retry-After') ?? '')
    const body = await response.text()
    if (ok) passed++
    else problem ??= { type: headers.get('Content-Type') ?? '', body }
  }
  say()
  say(`  ${passed} passed, ${requests - passed} were refused. What a program reads when it is refused:`)
  say()
  if (problem === undefined) throw new Error('None of the requests was refused.')
  say(paint('dim', `  ${problem.type}`))
  for (const line of JSON.stringify(JSON.parse(problem.body), null, 2).split('\n')) say(`  ${line}`)
}
