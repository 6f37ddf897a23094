/** The README shows a refusal as it is. */
import { quotaOf } from '@sluice/conformance/adapter'
import { describe, expect, test } from 'vitest'
import { type Snippet, snippetsOf } from './snippets.ts'
import { serve } from './workbench.ts'

const snippets = snippetsOf('README.md')

function under(heading: string, language = 'ts'): Snippet {
  const found = snippets.find((snippet) => snippet.heading === heading && snippet.language === language)
  if (found === undefined) throw new Error(`The README has no ${language} under "${heading}".`)
  return found
}

async function statuses(count: number, send: () => Promise<Response>): Promise<number[]> {
  const all: number[] = []
  for (let i = 0; i < count; i++) all.push((await send()).status)
  return all
}

describe('the README', () => {
  /** A refusal right after what led to it; on a busy machine that may take another server. */
  async function refusal(): Promise<Response> {
    for (;;) {
      await using server = await serve('refusal.ts', under('sluice').text)
      const startedAt = performance.now()
      await statuses(2, () => fetch(`${server.url}/search`))
      const refused = await fetch(server.url)
      const text = await refused.text()
      if (performance.now() - startedAt < 1000) return new Response(text, refused)
    }
  }

  test('shows a refusal as it is', async () => {
    const refused = await refusal()
    const [head, body] = under('What a refusal looks like', 'http').text.split('\n\n')
    const [status, ...fields] = head!.split('\n')
    expect(`HTTP/1.1 ${refused.status} ${refused.statusText}`).toBe(status)
    for (const [name, value] of fields.map((field) => field.split(': ')))
      expect(refused.headers.get(name!)?.split('; charset')[0]).toBe(value)
    expect(quotaOf(refused)).toEqual({ ip: { q: 10, w: 60, r: 0, t: 6 } })
    expect(await refused.json()).toEqual(JSON.parse(body!))
  })
})
