/** Where each page stands. A page that is missing here fails `test/docs`. */
import { existsSync, readdirSync } from 'node:fs'
import type { DefaultTheme } from 'vitepress'
import { publishedPackages, root } from '../../scripts/packages.ts'

type Item = DefaultTheme.SidebarItem

/** A group of pages: each is its text and its link. */
function group(text: string, pages: Readonly<Record<string, string>>, collapsed = false): Item {
  return { text, collapsed, items: Object.entries(pages).map(([title, link]) => ({ text: title, link })) }
}

/** The pages that typedoc has written, from `docs/api`. */
function apiPages(): readonly string[] {
  const folder = `${root}docs/api`
  const files = existsSync(folder) ? readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.md')) : []
  return files.filter((file) => file !== 'index.md').sort()
}

/** The sidebar of every page. */
export const sidebar: Item[] = [
  { text: 'Start', link: '/' },
  { text: 'How do I', link: '/how-do-i' },
  group('Frameworks', {
    Overview: '/guides/frameworks',
    Fastify: '/frameworks/fastify',
    Express: '/frameworks/express',
    Hono: '/frameworks/hono',
    NestJS: '/frameworks/nestjs',
    'Next.js': '/frameworks/nextjs',
    Koa: '/frameworks/koa',
    SvelteKit: '/frameworks/sveltekit',
    tRPC: '/frameworks/trpc',
    'MCP servers': '/frameworks/mcp',
    'Plain Node': '/frameworks/node',
  }),
  group('Concepts', {
    'Token bucket': '/concepts/token-bucket',
    Windows: '/concepts/windows',
    Burst: '/concepts/burst',
    Layers: '/concepts/layers',
    Egress: '/concepts/egress',
  }),
  group('Guides', {
    'Choosing limits': '/guides/choosing-limits',
    'Choosing limits from your own log': '/guides/limits-from-your-log',
    'Layered quotas': '/guides/layered-quotas',
    'Changing limits': '/guides/changing-limits',
    'What your clients see': '/guides/what-your-clients-see',
    'Behind a proxy': '/guides/behind-a-proxy',
    'When functions fail': '/guides/when-functions-fail',
    'Which Redis client': '/guides/redis-clients',
    'A store of your own': '/guides/your-own-store',
    'When Redis is down': '/guides/when-redis-is-down',
    'When the server is hot': '/guides/overload',
    'Logging and metrics': '/guides/logging-and-metrics',
    Metrics: '/guides/metrics',
    "The operators' page": '/guides/operators-page',
    'Calling providers': '/guides/calling-providers',
    'Budgets in dollars': '/guides/budgets-in-dollars',
    'Coming from another limiter': '/guides/coming-from',
  }),
  group('Where it runs', {
    nginx: '/recipes/nginx',
    Cloudflare: '/recipes/cloudflare',
    'AWS load balancer': '/recipes/aws-alb',
    Heroku: '/recipes/heroku',
    'Fly.io': '/recipes/fly',
    Vercel: '/recipes/vercel',
    PM2: '/recipes/pm2',
    Kubernetes: '/recipes/kubernetes',
    'Before production': '/production',
    'Supported versions': '/support',
    Measured: '/measured',
  }),
  group('Packages', Object.fromEntries(publishedPackages().map(({ folder, manifest }) => [manifest.name, `/${folder}`])), true),
  {
    text: 'Reference',
    items: [
      { text: 'Error codes', link: '/errors' },
      {
        text: 'API',
        link: '/api/',
        collapsed: true,
        items: apiPages().map((file) => ({
          text: file.replace(/(\/index)?\.md$/, ''),
          link: `/api/${file.replace(/(index)?\.md$/, '')}`,
        })),
      },
    ],
  },
]
