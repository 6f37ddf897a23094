/** Bundlers: one copy of the packages, whether files import or require them, and a program that runs. */
import { bundlerVersions } from '../../scripts/programs.ts'
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
  holds: 'an application with a guarded route handler builds, starts, and refuses the third request',
  async run(tarballs) {
    const { next: version, react } = bundlerVersions
    const tools = { ...applicationPeers(tarballs), next: version, react, 'react-dom': react }
    const { run } = await createProject(tarballs, tools, 'next')
    await run(process.execPath, 'node_modules/next/dist/bin/next', 'build')
    await run(process.execPath, 'requests.mjs')
  },
}

export const bundlers: readonly Consumer[] = [esbuild, webpack, next]
