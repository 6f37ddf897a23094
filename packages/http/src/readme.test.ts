/** The README keeps up with the code. */
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { optionNames, routeOptionNames } from './guard/settings.ts'
import { planHeaders } from './headers/header-presets.ts'

/** The names in the first column of the table under a heading. */
function listed(readme: string, heading: string): readonly string[] {
  const section = readme.slice(readme.indexOf(`## ${heading}\n`)).split('\n## ')[0]!
  return [...section.matchAll(/^\| `(\w+)` +\|/gm)].map(([, name]) => name!)
}

describe('the tables of options name', () => {
  const here = readFileSync(new URL('../README.md', import.meta.url), 'utf8')

  test('what every guard takes', () => {
    expect(listed(here, 'Options of every guard').toSorted()).toEqual([...routeOptionNames, ...optionNames].toSorted())
  })
})

test('every header that a family writes is in the README', () => {
  const here = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
  const { names } = planHeaders(
    { headers: ['draft-11', 'x-ratelimit-delta', 'retry-after-ms', { preset: 'gateway', prefix: 'X-Acme-GW' }] },
    Date.now,
  )
  for (const name of names) {
    // Of names that differ in their last part, the others are written as `-Part`.
    const last = `\`-${name
      .split('-')
      .slice(name.startsWith('X-RateLimit') ? 2 : 4)
      .join('-')}\``
    expect(here.includes(`\`${name}\``) || here.includes(last), name).toBe(true)
  }
})
