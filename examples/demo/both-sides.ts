/** Fourth scene: an integrator calls the open platform at ten times the allowed rate, directly and through egress, and the rate is halved. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { runExample, startExample } from './example.ts'
import { paint, say, table } from './screen.ts'

const seconds = 5

/** What the integrator has seen. */
export interface Integration {
  readonly calls: number
  readonly served: number
  /** 429s of the platform; and those of calls that were in flight when the rate dropped. */
  readonly limited: number
  readonly dropped: number
  /** Refused by egress, with a wait. */
  readonly refused: number
  /** Calls that the platform allowed the application. */
  readonly allowed: number
  readonly sellers: Readonly<Record<string, number>>
  /** What the platform allows by its headers, by limit. */
  readonly learned: Readonly<Record<string, number>>
}

/** Runs the integrator against a platform of its own, whose limits are halved meanwhile. @param direct - without egress */
export async function integrate(direct: boolean): Promise<Integration> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-demo-'))
  const path = join(folder, 'policy.json')
  try {
    await writeFile(path, policy('1', 8))
    await using platform = await startExample('open-platform', { POLICY: path })
    // A platform that has just started is slow to answer for the first time.
    await fetch(platform.url)
    const env = { PLATFORM_URL: platform.url, SECONDS: String(seconds), ...(direct ? { DIRECT: '1' } : {}) }
    const run = runExample('open-platform-client', env, () => sleep((seconds / 2) * 1000).then(() => writeFile(path, policy('2', 4))))
    return JSON.parse(await run) as Integration
  } finally {
    await rm(folder, { recursive: true })
  }
}

/** The application's calls a second; a seller has half of them, and the whole API as much and a half. */
function policy(version: string, capacity: number): string {
  const rule = (units: number) => ({ rule: { tokenBucket: { capacity: units, per: '1s', mode: 'interval' } } })
  return JSON.stringify({ version, limits: { api: rule(capacity * 1.5), application: rule(capacity) } })
}

/** Plays the scene. */
export async function bothSides(): Promise<void> {
  const [without, through] = await Promise.all([integrate(true), integrate(false)])
  say(paint('bold', `4. Both sides of one API: four sellers at ten times the rate, for ${seconds} seconds`))
  say(paint('dim', '   examples/open-platform-client.ts calls examples/open-platform.ts'))
  say()
  const lines = table(['calls', 16], ['served', 6], ['allowed', 7], ['429', 4], ['by seller', 22])
  for (const [name, { served, allowed, limited, dropped, sellers }] of [
    ['directly', without],
    ['through egress', through],
  ] as const) {
    const bad = limited + dropped
    const bySeller = Object.entries(sellers).map(([seller, count]) => `${seller} ${count}`)
    lines.row(
      name,
      String(served),
      String(Math.round(allowed)),
      [String(bad), bad > limited || bad === 0 ? 'green' : 'red'],
      bySeller.join(', '),
    )
  }
  say()
  say('  The rate of the application is halved after half of the time, from 8 a second')
  say(`  to 4. Egress reads that from the headers: ${through.dropped} calls were in flight then, and`)
  say(`  ${through.limited} others got a 429. Each seller has its part.`)
}
