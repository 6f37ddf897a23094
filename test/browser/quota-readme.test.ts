/** What the README of `@sluice/browser` promises: its examples run in a real browser, and it is small. */
import { fileURLToPath } from 'node:url'
import { brotliCompressSync } from 'node:zlib'
import { tokenBucket } from '@sluice/core'
import { buildSync } from 'esbuild'
import type { Page } from 'playwright-core'
import { expect, onTestFinished, test } from 'vitest'
import { snippetsOf } from '../readme/snippets.ts'
import { chromiumOfFile } from './chromium.ts'
import { serveQuotaSite } from './quota-site.ts'

const openPage = await chromiumOfFile()

const snippets = snippetsOf('packages/browser/README.md')

/** The program of a block, as a bundler makes it. @param after - what the reader adds */
function bundled(language: string, after = ''): string {
  const contents = snippets.find((snippet) => snippet.language === language)!.text + after
  const stdin = { contents, resolveDir: fileURLToPath(new URL('..', import.meta.url)), loader: 'tsx' as const }
  const defines = { define: { 'process.env.NODE_ENV': '"production"' }, conditions: ['@sluice/source'] }
  return buildSync({ stdin, bundle: true, write: false, format: 'iife', jsx: 'automatic', ...defines }).outputFiles[0]!.text
}

async function open(html: string, script: string): Promise<Page> {
  const site = await serveQuotaSite({ rule: tokenBucket({ capacity: 10, per: '1h' }), html, script })
  onTestFinished(() => site[Symbol.asyncDispose]())
  const page = await openPage()
  await page.goto(site.url)
  return page
}

test('the first example greys its button out, and says so in the banner', async () => {
  const html = '<button id="search">Search</button><div id="banner"></div><output></output>'
  const page = await open(html, bundled('ts'))
  for (let i = 0; i < 10; i++) await page.locator('#search').click()
  await expect.poll(() => page.locator('#search').textContent()).toBe('Try again in 6 min')
  expect(await page.locator('output').textContent()).toBe('ok')
  expect(await page.locator('#banner').isVisible()).toBe(true)
})

test('the example in React shows what is left, and greys its button out', async () => {
  const render = `
    import { createRoot } from 'react-dom/client'
    createRoot(document.querySelector('#root')!).render(<SearchButton onSearch={() => void call('/api/search')} />)`
  const page = await open('<div id="root"></div>', bundled('tsx', render))
  const button = page.locator('button')
  for (let i = 0; i < 8; i++) await button.click()
  await expect.poll(() => page.locator('small').textContent()).toBe('2 left')
  for (let i = 0; i < 2; i++) await button.click()
  await expect.poll(() => button.textContent()).toMatch(/^Try again in 3\d\d s$/)
  expect(await button.getAttribute('aria-disabled')).toBe('true')
})

test('it is at most 2 kB compressed', () => {
  const entryPoints = [fileURLToPath(new URL('../../packages/browser/src/index.ts', import.meta.url))]
  const [file] = buildSync({ entryPoints, bundle: true, minify: true, write: false, format: 'esm', target: 'es2022' }).outputFiles
  expect(brotliCompressSync(file!.contents).length).toBeLessThanOrEqual(2048)
})
