/**
 * One link for two readers. On GitHub, a page links to files of the workspace. On the site, a link to another page stays on the site. A link
 * to a package leads to the page of its README. A link to any other file leads to GitHub.
 */
import { existsSync, statSync } from 'node:fs'
import { posix } from 'node:path'
import type { MarkdownRenderer } from 'vitepress'
import { repository } from '../../scripts/addresses.ts'
import { root } from '../../scripts/packages.ts'

/** The anchor that GitHub gives a heading: `Who is refused?` is `who-is-refused`. */
export function slugOf(heading: string): string {
  return heading
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .replace(/\s/g, '-')
}

/**
 * Where a link of a page leads on the site.
 * @param page - relative to `docs`, such as `guides/overload.md`. `packages/core.md` is the README of the core.
 * @throws Error where the workspace has no such file
 */
export function linkOnSite(page: string, href: string): string {
  if (/^([a-z][a-z+.-]*:|#|\/)/i.test(href)) return href
  const [path = '', fragment] = href.split('#')
  const folder = page.startsWith('packages/') ? page.slice(0, -'.md'.length) : `docs/${posix.dirname(page)}`
  const target = posix.join(folder, path).replace(/\/$/, '')
  const isPage = target.startsWith('docs/') && target.endsWith('.md')
  const [, name] = /^packages\/([\w-]+)(?:\/README\.md)?$/.exec(target) ?? []
  const anchor = fragment === undefined ? '' : `#${fragment}`
  if (isPage) return target.slice('docs'.length) + anchor
  if (!existsSync(root + target)) throw new Error(`${page} links to ${href}, which does not exist`)
  if (name !== undefined) return `/packages/${name}.md${anchor}`
  return `${repository}/${statSync(root + target).isDirectory() ? 'tree' : 'blob'}/main/${target}${anchor}`
}

/** Rewrites the links of each page, before VitePress looks for dead ones. */
export function linksOfTheWorkspace(markdown: MarkdownRenderer): void {
  markdown.core.ruler.push('links-of-the-workspace', ({ tokens, env }) => {
    const { relativePath } = env as { readonly relativePath: string }
    for (const token of tokens.flatMap(({ children }) => children ?? [])) {
      const href = token.type === 'link_open' ? token.attrGet('href') : null
      if (href !== null) token.attrSet('href', linkOnSite(relativePath, href))
    }
  })
}
