/** Bundlers: one copy of the packages, whether files import or require them, and a program that runs. */
import { transform } from 'esbuild'
import { bundlerVersions } from '../../scripts/programs.ts'
import { snippetsOf } from '../readme/snippets.ts'
import { applicationPeers, type Consumer, createProject } from './project.ts'

const esbuild: Consumer = {
  name: `esbuild ${bundlerVersions.esbuild}`,
  holds: 'a bundle for Node has one copy of what is imported and required, and one for pages builds',
  async run(tarballs) {
    const { run } = await createProject(tarballs, { ...applicationPeers(tarballs), esbuild: bundlerVersions.esbuild }, 'bundled')
    const esbuild = 'node_modules/.bin/esbuild'
    for (const format of ['esm', 'cjs']) {
      const file = `out/esbuild.${format === 'esm' ? 'mjs' : 'cjs'}`
      await run(esbuild, 'bundled.mjs', '--bundle', '--minify', '--platform=node', `--format=${format}`, `--outfile=${file}`)
      await run(process.execPath, file)
    }
    await run(esbuild, 'page.mjs', '--bundle', '--minify', '--outfile=out/page.js')
  },
}

const webpack: Consumer = {
  name: `webpack ${bundlerVersions.webpack}`,
  holds: 'a bundle for Node has one copy of what is imported and required, and one for pages builds',
  async run(tarballs) {
    const { run } = await createProject(tarballs, { ...applicationPeers(tarballs), webpack: bundlerVersions.webpack }, 'bundled')
    await run(process.execPath, 'build-with-webpack.mjs')
    await run(process.execPath, 'out/webpack.cjs')
  },
}

const next: Consumer = {
  name: `Next.js ${bundlerVersions.next}`,
  holds: 'an application with the documented proxy.ts and a guarded route handler builds, starts, and refuses what is too much',
  async run(tarballs) {
    const { next: version, react } = bundlerVersions
    const tools = { ...applicationPeers(tarballs), next: version, react, 'react-dom': react }
    const { run, write } = await createProject(tarballs, tools, 'next')
    write('proxy.js', await proxyOfTheGuide())
    await run(process.execPath, 'node_modules/next/dist/bin/next', 'build')
    await run(process.execPath, 'requests.mjs')
  },
}

/** The program on the page about Next.js. It is JavaScript here, because Next.js installs a compiler where it finds TypeScript. */
async function proxyOfTheGuide(): Promise<string> {
  const { text } = snippetsOf('docs/frameworks/nextjs.md').find(({ heading }) => heading === 'proxy.ts')!
  const { code } = await transform(text, { loader: 'ts', format: 'esm' })
  // Next.js reads `config` where it is declared, and takes no list of exports.
  return code.replace(/^export \{[^}]*\};?$/m, '').replaceAll(/^const (proxy|config) =/gm, 'export const $1 =')
}

export const bundlers: readonly Consumer[] = [esbuild, webpack, next]
