/** The site: what stands around the pages, and how Markdown becomes one of them. `pnpm run docs` serves it. */
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitepress'
import { site } from '../../packages/core/src/site.ts'
import { repository } from '../../scripts/addresses.ts'
import { linksOfTheWorkspace, slugOf } from './links.ts'
import { sidebar } from './sidebar.ts'

const { origin, pathname } = new URL(site)

export default defineConfig({
  title: 'sluice',
  description: 'Server-side rate limiting for HTTP APIs, in TypeScript',
  base: `${pathname}/`,
  // The least icon there is: without one, each page asks for a file that is not there.
  head: [['link', { rel: 'icon', href: 'data:,' }]],
  cleanUrls: true,
  sitemap: { hostname: `${origin}${pathname}/` },
  cacheDir: fileURLToPath(new URL('../../reports/docs-cache', import.meta.url)),
  outDir: fileURLToPath(new URL('../../reports/docs', import.meta.url)),
  markdown: {
    // GitHub makes the anchors of headings in this way, so that one link works on both.
    anchor: { slugify: slugOf },
    config: (markdown) => void markdown.use(linksOfTheWorkspace),
  },
  themeConfig: {
    search: {
      provider: 'local',
      options: {
        miniSearch: {
          // The API has a heading for each property, and would stand above every guide.
          searchOptions: { fuzzy: 0.1, boostDocument: (id: string) => (id.includes('/api/') ? 0.1 : 1) },
        },
      },
    },
    outline: [2, 3],
    nav: [
      { text: 'Start', link: '/' },
      { text: 'How do I', link: '/how-do-i' },
      { text: 'Error codes', link: '/errors' },
      { text: 'API', link: '/api/' },
    ],
    sidebar,
    socialLinks: [{ icon: 'github', link: repository }],
    editLink: { pattern: `${repository}/edit/main/docs/:path`, text: 'Edit this page' },
  },
  // These pages are written from other files.
  transformPageData({ relativePath, frontmatter }) {
    if (/^(api|packages)\/|^errors\.md$/.test(relativePath)) frontmatter.editLink = false
  },
})
