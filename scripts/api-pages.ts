/** What the pages of the API reference still lack when typedoc has written them: names that users import, and anchors that exist. */
import { existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { slugOf } from '../docs/.vitepress/links.ts'

/** Finishes the pages in a folder. @throws Error where a link of a page leads to no heading of it */
export function finishApiPages(folder: string): void {
  const pages = (): string[] => readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.md'))
  for (const list of pages().filter((file) => file !== 'index.md' && file.endsWith('/index.md'))) {
    // A package with several entry points has a page that only lists them, and its own page beside it.
    const own = join(folder, list.replace(/index\.md$/, 'index-1.md'))
    if (existsSync(own)) renameSync(own, join(folder, list))
  }
  for (const file of pages()) {
    const path = join(folder, file)
    const name = file.replace(/(\/index)?\.md$/, '')
    const text = readFileSync(path, 'utf8').replaceAll('/index-1.md', '/index.md').replaceAll('(index-1.md', '(index.md')
    writeFileSync(path, withLiveAnchors(file === 'index.md' ? text : text.replace(/^# .*$/m, `# ${name}`), file))
  }
}

/** Headings of one name are told apart by numbers, which typedoc counts in another way than the site does. */
function withLiveAnchors(text: string, file: string): string {
  const anchors = anchorsOf(text)
  return text.replace(/\]\(#([\w-]+)\)/g, (link, anchor: string) => {
    if (anchors.has(anchor)) return link
    const base = anchor.replace(/-\d+$/, '')
    const last = [...anchors].findLast((each) => each.replace(/-\d+$/, '') === base)
    if (last === undefined) throw new Error(`docs/api/${file} links to #${anchor}, which is none of its headings.`)
    return `](#${last})`
  })
}

/** The anchors that the site gives the headings of a page. */
function anchorsOf(text: string): ReadonlySet<string> {
  const anchors = new Set<string>()
  for (const [, heading] of text.replaceAll(/^```.*?^```/gms, '').matchAll(/^#+ (.+)$/gm)) {
    const slug = slugOf(heading!.replaceAll(/[\\`]/g, ''))
    let anchor = slug
    for (let i = 1; anchors.has(anchor); i++) anchor = `${slug}-${i}`
    anchors.add(anchor)
  }
  return anchors
}
