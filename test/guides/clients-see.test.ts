/** Samples of "What your clients see" are run as they stand there. */
import { expect, test } from 'vitest'
import { snippetsOf } from '../readme/snippets.ts'
import { serve } from '../readme/workbench.ts'

const samples = snippetsOf('docs/guides/what-your-clients-see.md')

function under(heading: string): string {
  return samples.find((one) => one.heading === heading && one.language === 'ts')!.text
}

test('Slow down instead of refusing', async () => {
  await using server = await serve('clients-see-slow-down.ts', under('Slow down instead of refusing'))
  const delays: number[] = []
  for (let i = 0; i < 51; i++) {
    const response = await fetch(server.url)
    delays.push(((await response.json()) as { delayedMs: number }).delayedMs)
  }
  // On a busy machine a unit comes back meanwhile, of which there is one in 600 ms.
  expect(delays.slice(0, 40)).toEqual(Array(40).fill(0))
  expect([0, 200]).toContain(delays.at(-1))
})

test('Names, statuses and responses of your choice', async () => {
  await using server = await serve('clients-see-names.ts', under('Names, statuses and responses of your choice'))
  const [first, , third] = [await fetch(server.url), await fetch(server.url), await fetch(server.url)]
  expect([first.status, first.headers.get('x-quota'), first.headers.get('ratelimit')]).toEqual([200, null, null])
  expect([third.status, third.headers.get('x-quota'), third.headers.get('x-quota-left')]).toEqual([402, '2', '0'])
  const secondsLeft = Number(third.headers.get('x-quota-reset')) - Date.now() / 1000
  expect(secondsLeft).toBeGreaterThan(86_000)
  expect(Number(third.headers.get('retry-after'))).toBeGreaterThan(40_000)
})

test('Headers of a decision of your own', async () => {
  await using server = await serve('clients-see-own.ts', under('Headers of a decision of your own'))
  const post = (jobs: number): Promise<Response> =>
    fetch(`${server.url}/jobs/ann`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ jobs: Array(jobs).fill('job') }),
    })
  const [accepted, refused] = [await post(90), await post(20)]
  expect([accepted.status, accepted.headers.get('ratelimit')?.slice(0, 11)]).toEqual([202, '"jobs";r=10'])
  expect([refused.status, Number(refused.headers.get('retry-after')) > 300]).toEqual([429, true])
})
