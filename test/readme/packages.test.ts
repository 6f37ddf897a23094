/** The READMEs of the packages: their code compiles, but for the names that stand for the reader's own. */
import { readdirSync } from 'node:fs'
import { expect, test } from 'vitest'
import { snippetsOf } from './snippets.ts'
import { compile } from './workbench.ts'

const packages = readdirSync(new URL('../../packages/', import.meta.url))

/** The programs of a README. A block without imports goes on where the one before it ended. */
function programsOf(readme: string): readonly string[] {
  const programs: string[] = []
  for (const { language, text } of snippetsOf(readme)) {
    if (language !== 'ts') continue
    if (/^import /m.test(text) || programs.length === 0) programs.push(text)
    else programs.push(`${programs.pop()}\n${text}`)
  }
  return programs
}

/** What the blocks stand among. */
const surroundings = {
  'mine.ts': `import type { AdapterUnderTest } from '@sluice/conformance/adapter'
export declare const mine: AdapterUnderTest`,
  'bun.d.ts': `declare namespace Bun {
  interface Server<Data> { readonly data: Data; requestIP(request: Request): { readonly address: string } | null }
  function serve<Data>(options: { fetch(request: Request, server: Server<Data>): Promise<Response> }): void
}`,
}

test('compile, every block of them', async () => {
  const files = packages.flatMap((name) =>
    programsOf(`packages/${name}/README.md`).map((text, at) => [`package-${name}-${at}.ts`, text] as const),
  )
  expect(files.length).toBeGreaterThan(packages.length)
  const output = (await compile('packages', { ...surroundings, ...Object.fromEntries(files) })).split('\n')
  expect(output.filter((line) => /error TS/.test(line) && !/Cannot find name '\w+'/.test(line))).toEqual([])
})
