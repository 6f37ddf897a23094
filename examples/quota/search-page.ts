/** The page of the example: a button that calls the API, and greys out at the limit. */
import { buildSync } from 'esbuild'

/** `@sluice/browser` as one file. An application lets its own bundler do that. */
export function browserModule(): string {
  const stdin = { contents: "export { createQuota } from '@sluice/browser'", resolveDir: import.meta.dirname }
  const [file] = buildSync({ stdin, bundle: true, format: 'esm', conditions: ['@sluice/source'], write: false }).outputFiles
  return file!.text
}

/** @param name - of the user who is signed in */
export function searchPage(name: string | undefined): string {
  const who = name === undefined ? 'You are not signed in.' : `You are signed in as ${name}.`
  return `<!doctype html>
<html lang="en">
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width">
  <title>Search</title>
  <style>
    body { font: 16px/1.5 system-ui, sans-serif; max-width: 40rem; margin: 2rem auto; padding: 0 1rem }
    button { font: inherit; padding: .5rem 1rem; min-height: 44px }
  </style>
  <h1>Search</h1>
  <p>${who} <a href="/as/bob">Be bob (free)</a> or <a href="/as/ann">be ann (plus)</a>.</p>
  <p id="banner"></p>
  <button id="search">Search</button>
  <p><output></output></p>
  <p><a href="/quota">Your quota</a>, also <a href="/quota.json">as data</a></p>
  <script type="module">
    import { createQuota } from '/sluice.js'

    const api = createQuota()
    const call = api.wrap(fetch.bind(window))
    const button = document.querySelector('#search')
    button.onclick = async () => {
      const response = await call('/api/search')
      const { found, detail } = await response.json()
      document.querySelector('output').textContent = found?.join(', ') ?? detail
    }
    api.bind(button, { banner: document.querySelector('#banner') })
  </script>
</html>
`
}
