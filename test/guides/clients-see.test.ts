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
