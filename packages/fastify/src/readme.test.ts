/** The README keeps up with the code. */
import { readFileSync } from 'node:fs'
import { tokenBucket } from '@sluice/core'
import Fastify from 'fastify'
import { expect, test } from 'vitest'
import { sluice } from './plugin.ts'

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')

/** The names in the first column of the table under a heading. */
function listed(heading: string): readonly string[] {
  const section = readme.slice(readme.indexOf(`## ${heading}\n`)).split('\n## ')[0]!
  return [...section.matchAll(/^\| `(\w+)` +\|/gm)].map(([, name]) => name!)
}

test('its tables name the options that the plugin and its routes take', async () => {
  // An unknown option is told which ones are known.
  const wrong = Fastify().register(sluice, { bogus: 1 } as never)
  const known = await Promise.resolve(wrong).then(
    () => [],
    (error: { facts: { choices: readonly string[] } }) => error.facts.choices,
  )
  expect([...listed('On a route'), ...listed('Options')].toSorted()).toEqual([...known].toSorted())
})

test('its first screen does what it says', async () => {
  const app = Fastify()
  app.register(sluice, { limits: [{ name: 'ip', rule: tokenBucket({ capacity: 10, per: '1m' }) }] })
  app.get('/search', { config: { sluice: { cost: 5 } } }, async () => [])
  app.get('/health', { config: { sluice: false } }, async () => 'up')
  const statuses = await Promise.all(['/search', '/search', '/search', '/health'].map(async (url) => (await app.inject(url)).statusCode))
  expect(statuses).toEqual([200, 200, 429, 200])
})
