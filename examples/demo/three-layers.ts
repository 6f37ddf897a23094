/** Second scene: a seller's quota is exhausted although its application still has allowance, and the refusal charges nobody. */
import { startExample } from './example.ts'
import { inOneSecond } from './in-seconds.ts'
import { paint, say, statusCell, table } from './screen.ts'

/** Who calls, in order: the third request of one seller, and then another seller of the same application. */
const callers = ['seller-1', 'seller-1', 'seller-1', 'seller-2']

interface Answer {
  readonly allowed: boolean
  /** What the application has left, as the response says. */
  readonly application: number
}

/** Plays the scene on a server of its own. */
export async function threeLayers(): Promise<void> {
  await using server = await startExample('open-platform')
  say(paint('bold', '2. Three layers: API 10/s > application 4/s > seller 2/s'))
  say(paint('dim', `   examples/open-platform.ts on ${server.url}`))
  say()
  // The first request warms the server up, so that the four that count take less than a second.
  await fetch(server.url)
  const answers = await inOneSecond(async () => {
    const all: Response[] = []
    for (const seller of callers)
      all.push(await fetch(`${server.url}/v1/orders`, { headers: { 'X-Application': 'shop', 'X-Seller': seller } }))
    return all
  })
  const lines = table(['request', 11], ['status', 21], ['application left', 16], ['seller left', 11], ['Retry-After', 11])
  const seen: Answer[] = []
  for (const [at, response] of answers.entries()) {
    const header = (name: string): string => response.headers.get(`GNCP-GW-${name}`) ?? '?'
    const application = header('RateLimit-Remaining')
    lines.row(
      `${at + 1}  ${callers[at]}`,
      statusCell(response),
      `${application} of ${header('RateLimit-Burst-Capacity')}`,
      `${header('Quota-Remaining')} of ${header('Quota-Limit')}`,
      response.headers.get('Retry-After') ?? '',
    )
    seen.push({ allowed: response.ok, application: Number(application) })
  }
  say()
  conclude(seen)
}

/** Says what the numbers show, and fails where they do not show it. */
function conclude([, second, third, fourth]: readonly Answer[]): void {
  if (second === undefined || third === undefined || fourth === undefined) throw new Error('The scene has four requests.')
  const untouched = !third.allowed && third.application === second.application
  const goesOn = fourth.allowed && fourth.application === third.application - 1
  if (!untouched || !goesOn) throw new Error('The refusal was expected to leave the application alone.')
  say('  The third request of seller-1 is refused by its own quota, although the')
  say(`  application has allowance: ${second.application} left before the refusal and ${third.application} after it, since a`)
  say('  refusal charges nobody. seller-2 goes on. The capacity of the API is enforced')
  say('  too, and never disclosed.')
}
