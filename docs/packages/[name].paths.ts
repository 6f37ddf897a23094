/** The page of each package is its README. */
import { readFileSync } from 'node:fs'
import { publishedPackages, root } from '../../scripts/packages.ts'

export default {
  watch: ['../../packages/*/README.md'],
  paths: () =>
    publishedPackages().map(({ folder }) => ({
      params: { name: folder.slice('packages/'.length) },
      content: readFileSync(`${root}${folder}/README.md`, 'utf8'),
    })),
}
