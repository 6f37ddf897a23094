/** `demo --dashboard`: an API with traffic, whose users look at their quota in a browser. */
import { setTimeout as sleep } from 'node:timers/promises'
import { startExample } from './example.ts'
import { paint, say } from './screen.ts'

/** It ends by itself, so that a demo that was left open sends nothing overnight. */
const minutes = 10

/** What each user sends: about so many requests in a minute, some of them in bursts. */
const traffic = [
  { user: 'ann', perMinute: 50, burst: 5 },
  { user: 'bob', perMinute: 12, burst: 3 },
]

/** Runs until Ctrl-C, and at most ten minutes. */
export async function dashboard(): Promise<void> {
  await using server = await startExample('quota', { PORT: process.env.PORT ?? '3000' })
  say(paint('bold', 'An API whose users see their quota'))
  say(paint('dim', '   examples/quota.ts'))
  say()
  say(`  Open ${paint('bold', `${server.url}/as/bob`)} and press the button until it greys out.`)
  say(`  bob has the free plan. Ann has more: ${server.url}/as/ann`)
  say(`  The quota of who is signed in: ${paint('bold', `${server.url}/quota`)}, as data ${server.url}/quota.json`)
  say()
  say(`  Both also send requests by themselves. Ctrl-C ends it; it ends after ${minutes} minutes.`)
  const end = AbortSignal.timeout(minutes * 60_000)
  process.once('SIGINT', () => process.exit())
  await Promise.all(traffic.map((one) => send(server.url, one, end)))
}

type Traffic = (typeof traffic)[number]

/** Sends bursts with random pauses, until the signal. */
async function send(url: string, { user, perMinute, burst }: Traffic, end: AbortSignal): Promise<void> {
  while (!end.aborted) {
    const size = 1 + Math.floor(Math.random() * burst)
    for (let i = 0; i < size; i++) await fetch(`${url}/api/search`, { headers: { cookie: `user=${user}` } })
    await sleep((size * 120_000 * Math.random()) / perMinute, undefined, { signal: end }).catch(() => undefined)
  }
}
