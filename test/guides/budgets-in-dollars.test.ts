/** The guide to budgets in dollars prints what it says. */
import { expect, test } from 'vitest'
import { snippetsOf } from '../readme/snippets.ts'
import { output } from '../readme/workbench.ts'

test('the guide reserves what a call can cost, settles what it has cost, refuses what a plan does not allow, and shows what is left', async () => {
  const text = snippetsOf('docs/guides/budgets-in-dollars.md')[0]!.text
  const promised = [...text.matchAll(/\/\/> (.*)$/gm)].map(([, line]) => line)
  expect(promised).toHaveLength(4)
  expect((await output('budgets-in-dollars.ts', text)).trim().split('\n')).toEqual(promised)
})
