/** `pnpm docs:errors`: writes `docs/errors.md`. */
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { CodeText } from '../../packages/core/src/sluice-error.ts'
import { answerHelp } from '../help.ts'
import { publishedPackages, root } from '../packages.ts'
import { type CodesOfPackage, errorPage } from './page.ts'

/** The packages that have codes, the core first. */
export async function packagesWithCodes(): Promise<readonly CodesOfPackage[]> {
  const files = publishedPackages()
    .map(({ folder, manifest }) => ({ name: manifest.name, file: join(root, folder, 'src/errors.ts') }))
    .filter(({ file }) => existsSync(file))
    .sort((a, b) => Number(b.name === '@sluice/core') - Number(a.name === '@sluice/core'))
  const all = await Promise.all(
    files.map(async ({ name, file }) => {
      const exported = (await import(file)) as Readonly<Record<string, unknown>>
      const codes = Object.entries(exported)
        .filter(([code]) => code.startsWith('SLUICE_'))
        .sort(([a], [b]) => (a < b ? -1 : 1))
      return { name, codes: codes.map(([, text]) => text as CodeText) }
    }),
  )
  return all.filter(({ codes }) => codes.length > 0)
}

if (process.argv[1] === import.meta.filename) {
  answerHelp('docs:errors')
  writeFileSync(join(root, 'docs/errors.md'), errorPage(await packagesWithCodes()))
}
