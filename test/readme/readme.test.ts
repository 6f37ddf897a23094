/** The README keeps its word: its code runs, and answers what stands beside it. */
import { existsSync } from 'node:fs'
import { quotaOf } from '@sluice/conformance/adapter'
import { describe, expect, test } from 'vitest'
import { hostileLogins } from '../examples/hostile-logins.ts'
import { documentText, type Snippet, snippetsOf } from './snippets.ts'
import { output, serve } from './workbench.ts'

const snippets = snippetsOf('README.md')

function under(heading: string, language = 'ts'): Snippet {
  const found = snippets.find((snippet) => snippet.heading === heading && snippet.language === language)
  if (found === undefined) throw new Error(`The README has no ${language} under "${heading}".`)
  return found
}

/** What a program says it prints: the comments that begin with `>`. */
function promised(text: string): string {
  return [...text.matchAll(/\/\/> (.*)$/gm)].map(([, line]) => `${line}\n`).join('')
}

async function statuses(count: number, send: () => Promise<Response>): Promise<number[]> {
  const all: number[] = []
  for (let i = 0; i < count; i++) all.push((await send()).status)
  return all
}

describe('the README', () => {
  test('begins with a server that keeps to its limits', async () => {
    await using server = await serve('first.ts', under('sluice').text)
    expect(await statuses(2, () => fetch(`${server.url}/health`))).toEqual([200, 200])
    expect(await statuses(15, () => fetch(server.url))).toEqual([...Array(10).fill(200), ...Array(5).fill(429)])
    expect(await statuses(1, () => fetch(`${server.url}/search`))).toEqual([429])
  })

  test.each(['express', 'hono'])('shows the same server on %s', async (name) => {
    const text = snippets.find((snippet) => snippet.text.includes(`@sluice/${name}'`))!.text
    await using server = await serve(`${name}.ts`, text)
    expect(await statuses(15, () => fetch(server.url))).toEqual([...Array(10).fill(200), ...Array(5).fill(429)])
  })

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

  test('counts failed logins of an account, and no caller who knows the password', async () => {
    await using server = await serve('login.ts', under('By user, by account, by failure').text)
    const login = (account: string, password: string) => (): Promise<Response> =>
      fetch(`${server.url}/login`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({ account, password }),
      })
    expect(await statuses(7, login('ada', 'sesame'))).toEqual(Array(7).fill(200))
    expect(await statuses(6, login('ada', 'guess'))).toEqual([...Array(5).fill(401), 429])
    expect(await statuses(1, login('bob', 'sesame'))).toEqual([200])
    const seen = await hostileLogins(server.url)
    expect(seen.filter((status) => status < 400 || status >= 500)).toEqual([])
    expect(seen).toContain(429)
  })

  test('charges an estimate and settles the truth', async () => {
    await using server = await serve('chat.ts', under('Costs that are known after the response').text)
    const chat = (maxTokens: number): Promise<Response> =>
      fetch(`${server.url}/chat`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', 'X-User': 'ada' },
        body: JSON.stringify({ prompt: 'hello', maxTokens }),
      })
    const tokensAfter = async (maxTokens: number): Promise<number> => {
      return quotaOf(await chat(maxTokens)).tokens!.r
    }
    expect(await tokensAfter(50_000)).toBeLessThan(50_000)
    expect(await tokensAfter(0)).toBeGreaterThan(99_900)
    expect((await chat(100_000)).status).toBe(429)
  })

  test('prints what it says where it prints', async () => {
    const { text } = under('Layers')
    expect(await output('layers.ts', text)).toBe(promised(text))
  })

  test('tests what it says how to test', async () => {
    await output('testing.ts', under('Testing').text)
  })

  test('links to what exists', () => {
    const links = [...documentText('README.md').matchAll(/\]\((?!http)([^)#]+)/g)].map(([, path]) => path!)
    expect(links.filter((path) => !existsSync(new URL(`../../${path}`, import.meta.url)))).toEqual([])
  })
})
