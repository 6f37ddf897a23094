/** `sluice simulate` in a real terminal of 80 columns. */
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { exampleFolder } from '../guides/example-log.ts'
import { terminalsOfFile } from './terminal.ts'

const terminal = await terminalsOfFile()
const example = fileURLToPath(exampleFolder)

test('draws the report and its plot in 80 columns, and leaves no progress bar behind', async () => {
  const { seen } = await terminal('report', `sluice simulate ${example}policy.json ${example}access.log.gz`)
  const text = await seen(/ended with 0/)
  expect(text.split('\n')[0]).toBe('Version 1 would have refused 679 of 9,351 requests in 60 min (7.3 %).')
  expect(text).toMatch(/^ {6}276 \| +#$/m)
  expect(text).not.toContain('] 100 %')
  for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(80)
})

test('shows how far it is, and ends at Ctrl-C', async () => {
  const command = `(zcat ${example}access.log.gz; exec sleep 600) | sluice simulate ${example}policy.json -`
  const { seen, press } = await terminal('stopped', command)
  await seen(/^[\d,]+ lines$/m)
  await press('C-c')
  expect(await seen(/ended with 130/)).not.toContain('Error')
})
