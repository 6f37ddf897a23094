/** The program on the page of each other framework is run as it stands there. */
import { expect, test } from 'vitest'
import { snippetsOf } from '../readme/snippets.ts'
import { imported, serve } from '../readme/workbench.ts'

const pages = ['node', 'koa', 'nextjs', 'sveltekit', 'trpc', 'mcp']
const programs = pages.flatMap((page) => snippetsOf(`docs/frameworks/${page}.md`)).filter(({ language }) => language === 'ts')
const samples = new Map(programs.map(({ heading, text }) => [heading, text]))

test('one program stands on the page of each framework', () => {
  expect(programs.map(({ heading }) => heading)).toEqual(['Plain Node', 'Koa', 'Next.js', 'SvelteKit', 'tRPC', 'MCP servers'])
})

const tenOfTwelve = [...Array(10).fill(200), 429, 429]

test.each(['Plain Node', 'Koa'])('%s', async (framework) => {
  await using server = await serve(`frameworks-${framework.replace(' ', '-')}.ts`, samples.get(framework)!)
  const answers: Response[] = []
  for (let i = 0; i < 12; i++) answers.push(await fetch(server.url))
  expect(answers.map(({ status }) => status)).toEqual(tenOfTwelve)
  expect(await answers[0]!.text()).toBe('hello')
  expect(answers[0]!.headers.get('ratelimit')).toBe('"ip";r=9;t=6')
  expect(Number(answers[11]!.headers.get('retry-after'))).toBeGreaterThan(0)
})

test('Next.js', async () => {
  const { GET } = await imported<{ GET(request: Request, context: unknown): Promise<Response> }>(
    'frameworks-next.ts',
    samples.get('Next.js')!,
  )
  const ask = (client: string) => {
    const request = new Request('https://shop.example/api/items/7', { headers: { 'x-forwarded-for': client } })
    return GET(request, { params: Promise.resolve({ id: '7' }) })
  }
  const answers: Response[] = []
  for (let i = 0; i < 12; i++) answers.push(await ask('203.0.113.1'))
  expect(answers.map(({ status }) => status)).toEqual(tenOfTwelve)
  expect(await answers[0]!.json()).toEqual({ id: '7' })
  expect((await ask('203.0.113.2')).status).toBe(200)
})

test('SvelteKit', async () => {
  const { handle } = await imported<{ handle(input: unknown): Promise<Response> }>('frameworks-svelte.ts', samples.get('SvelteKit')!)
  const ask = (client: string) => {
    const event = { request: new Request('https://shop.example/'), getClientAddress: () => client }
    return handle({ event, resolve: () => new Response('page') })
  }
  const statuses: number[] = []
  for (let i = 0; i < 12; i++) statuses.push((await ask('203.0.113.1')).status)
  expect(statuses).toEqual(tenOfTwelve)
  expect(await (await ask('203.0.113.2')).text()).toBe('page')
})

test('tRPC', async () => {
  interface Router {
    createCaller(context: { user: string }): { hello(): Promise<string> }
  }
  const { router } = await imported<{ router: Router }>('frameworks-trpc.ts', samples.get('tRPC')!)
  const ada = router.createCaller({ user: 'ada' })
  for (let i = 0; i < 10; i++) expect(await ada.hello()).toBe('hello')
  await expect(ada.hello()).rejects.toMatchObject({ code: 'TOO_MANY_REQUESTS', message: 'Try again in 6 seconds.' })
  expect(await router.createCaller({ user: 'bob' }).hello()).toBe('hello')
})

test('MCP servers', async () => {
  type Tool = (input: unknown, extra: { user: string }) => Promise<{ isError?: boolean; content: { text: string }[] }>
  interface Sample {
    limited(userOf: (extra: { user: string }) => string, tool: string, run: Tool): Tool
  }
  const { limited } = await imported<Sample>('frameworks-mcp.ts', samples.get('MCP servers')!)
  const run: Tool = async () => ({ content: [{ text: 'found' }] })
  const search = limited(({ user }) => user, 'search', run)
  for (let i = 0; i < 10; i++) expect(await search({}, { user: 'ada' })).toEqual({ content: [{ text: 'found' }] })
  const refused = await search({}, { user: 'ada' })
  expect([refused.isError, refused.content[0]!.text]).toEqual([true, 'Too many calls of search. Try again in 6 seconds.'])
  const other = limited(({ user }) => user, 'read', run)
  expect((await other({}, { user: 'ada' })).isError).toBe(undefined)
})
