/** The site has every page, each link and anchor of a document leads somewhere, and the page of error codes is that of the packages. */
import { execFileSync } from 'node:child_process'
import { existsSync, statSync } from 'node:fs'
import { posix } from 'node:path'
import { expect, test } from 'vitest'
import { linkOnSite, slugOf } from '../../docs/.vitepress/links.ts'
import { sidebar } from '../../docs/.vitepress/sidebar.ts'
import { errorPage } from '../../scripts/error-codes/page.ts'
import { reasons } from '../../scripts/error-codes/reasons.ts'
import { packagesWithCodes } from '../../scripts/error-codes/write.ts'
import { root } from '../../scripts/packages.ts'
import { documentText } from '../readme/snippets.ts'

const documents = execFileSync('git', ['ls-files', '-co', '--exclude-standard', '*.md'], { cwd: root, encoding: 'utf8' }).trim().split('\n')
const pages = documents.filter((path) => path.startsWith('docs/') && !path.startsWith('docs/packages/'))
const packages = await packagesWithCodes()

interface Item {
  readonly link?: string
  readonly items?: readonly Item[]
}

function linksOf(items: readonly Item[]): readonly string[] {
  return items.flatMap(({ link, items: inner = [] }) => [...(link === undefined ? [] : [link]), ...linksOf(inner)])
}

/** The text of a document without its code, where a bracket is no link. */
function proseOf(path: string): string {
  return documentText(path).replaceAll(/^```.*?^```$/gms, '')
}

test('the sidebar has every page, and no other', () => {
  const inSidebar = linksOf(sidebar).filter((link) => !/^\/(api|packages)\//.test(link))
  const paths = pages.map((path) => path.replace(/^docs|\.md$/g, '').replace(/^\/index$/, '/'))
  expect([...inSidebar].sort()).toEqual(paths.sort())
})

test('every link of every document leads to a file, and every anchor to a heading', () => {
  const anchorsOf = (path: string): readonly string[] => [...proseOf(path).matchAll(/^#+ (.+)$/gm)].map(([, heading]) => slugOf(heading!))
  const dead = documents.flatMap((path) =>
    [...proseOf(path).matchAll(/\]\((?!https?:|mailto:)([^)\s#]*)(?:#([^)\s]+))?\)/g)].flatMap(([link, to, anchor]) => {
      const target = to === '' ? path : posix.join(posix.dirname(path), to!)
      if (!existsSync(root + target)) return [`${path}: ${link}`]
      const file = statSync(root + target).isDirectory() ? posix.join(target, 'README.md') : target
      return anchor === undefined || anchorsOf(file).includes(anchor) ? [] : [`${path}: ${link}`]
    }),
  )
  expect(dead).toEqual([])
})

test.each([
  ['guides/overload.md', '../../packages/core', '/packages/core.md'],
  ['guides/overload.md', '../../packages/redis/README.md#permissions', '/packages/redis.md#permissions'],
  ['guides/overload.md', 'choosing-limits.md#by-what-to-count', '/guides/choosing-limits.md#by-what-to-count'],
  ['packages/core.md', '../conformance', '/packages/conformance.md'],
  ['packages/core.md', '../../docs/support.md', '/support.md'],
  ['index.md', '../CONTRIBUTING.md', 'https://github.com/sluice-js/sluice/blob/main/CONTRIBUTING.md'],
  ['index.md', '../examples', 'https://github.com/sluice-js/sluice/tree/main/examples'],
  ['index.md', 'https://example.com/a', 'https://example.com/a'],
  ['index.md', '#next', '#next'],
])('on the page %s the link %s leads to %s', (page, href, target) => {
  expect(linkOnSite(page, href)).toBe(target)
})

test('a link to a file that is not there fails the build of the site', () => {
  expect(() => linkOnSite('guides/overload.md', '../../examples/none.ts')).toThrow('does not exist')
})

test('the page of error codes is fresh; `pnpm docs:errors` writes it anew', () => {
  expect(documentText('docs/errors.md')).toBe(errorPage(packages))
})

test('every code has a reason, and every reason a code', () => {
  expect(Object.keys(reasons).sort()).toEqual(packages.flatMap(({ codes }) => codes.map(({ code }) => String(code))).sort())
})
