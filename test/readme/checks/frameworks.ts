/** The program on the page of each framework: of twelve requests from one client, ten pass. */
import type { Check, Running } from '../checks.ts'
import { passed, statuses, times } from './statuses.ts'

const tenOfTwelve: Check = { see: (program) => statuses(program, ...times(12, '/')), seen: passed(10, 2) }

/** The same, and what the page says of its other routes. */
const withRoutes: Check = {
  see: (program) => statuses(program, ...times(2, '/health'), ['/search'], ...times(5, '/'), ['/search']),
  seen: passed(8, 1),
}

/** A handler of the web standard, asked by two clients. */
async function askHandler(ask: (client: string) => Promise<Response>): Promise<unknown> {
  const all: number[] = []
  for (let i = 0; i < 12; i++) all.push((await ask('203.0.113.1')).status)
  const other = await ask('203.0.113.2')
  return [all, other.status, await other.text()]
}

type Handler = (request: Request, context: unknown) => Promise<Response>
const requestOf = (client: string, header = 'x-forwarded-for') => new Request('https://shop.example/', { headers: { [header]: client } })

const next: Check = {
  see: ({ exports }) => askHandler((client) => (exports.GET as Handler)(requestOf(client), { params: Promise.resolve({ id: '7' }) })),
  seen: [passed(10, 2), 200, '{"id":"7"}'],
}

const vercel: Check = {
  see: ({ exports }) => askHandler((client) => (exports.GET as Handler)(requestOf(client, 'x-real-ip'), {})),
  seen: [passed(10, 2), 200, '203.0.113.2'],
}

const svelte: Check = {
  see: ({ exports }) =>
    askHandler((client) => {
      const event = { request: new Request('https://shop.example/'), getClientAddress: () => client }
      return (exports.handle as (input: unknown) => Promise<Response>)({ event, resolve: () => new Response('page') })
    }),
  seen: [passed(10, 2), 200, 'page'],
}

interface Router {
  createCaller(context: { user: string }): { hello(): Promise<string> }
}

const trpc: Check = {
  see: async ({ exports }) => {
    const router = exports.router as Router
    const ada = router.createCaller({ user: 'ada' })
    for (let i = 0; i < 10; i++) await ada.hello()
    const refusal = await ada.hello().catch(({ code, message }) => [code, message] as unknown)
    return [refusal, await router.createCaller({ user: 'bob' }).hello()]
  },
  seen: [['TOO_MANY_REQUESTS', 'Try again in 6 seconds.'], 'hello'],
}

type Tool = (input: unknown, extra: { user: string }) => Promise<unknown>
type Limited = (userOf: (extra: { user: string }) => string, tool: string, run: Tool) => Tool

async function callTools({ exports }: Running): Promise<unknown> {
  const tool = (name: string): Tool =>
    (exports.limited as Limited)(
      ({ user }) => user,
      name,
      async () => 'found',
    )
  const search = tool('search')
  for (let i = 0; i < 10; i++) await search({}, { user: 'ada' })
  return [await search({}, { user: 'ada' }), await tool('read')({}, { user: 'ada' })]
}

const mcp: Check = {
  see: callTools,
  seen: [{ isError: true, content: [{ type: 'text', text: 'Too many calls of search. Try again in 6 seconds.' }] }, 'found'],
}

export const frameworks: Readonly<Record<string, Check>> = {
  'docs/index.md: Start': tenOfTwelve,
  'README.md: sluice': withRoutes,
  'README.md: Express, Hono, Redis': tenOfTwelve,
  'README.md: Express, Hono, Redis (2)': tenOfTwelve,
  'docs/frameworks/fastify.md: Fastify': withRoutes,
  'docs/frameworks/express.md: Express': withRoutes,
  'docs/frameworks/hono.md: Hono': withRoutes,
  'docs/frameworks/nestjs.md: NestJS': withRoutes,
  'packages/nestjs/README.md: Costs that are known later': {
    see: async ({ url, fetch }) => (await fetch(`${url}/chat`, { method: 'POST' })).headers.get('ratelimit'),
    seen: '"tokens";r=99000;t=1',
  },
  'docs/frameworks/node.md: Plain Node': tenOfTwelve,
  'docs/frameworks/koa.md: Koa': tenOfTwelve,
  'docs/frameworks/nextjs.md: Next.js': next,
  'docs/frameworks/sveltekit.md: SvelteKit': svelte,
  'docs/frameworks/trpc.md: tRPC': trpc,
  'docs/frameworks/mcp.md: MCP servers': mcp,
  'docs/recipes/vercel.md: Vercel': vercel,
}
