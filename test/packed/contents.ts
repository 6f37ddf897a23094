/** What must be true of an installed package: it is whole, and nothing of the workspace is left in it. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Package, root } from '../../scripts/packages.ts'

/** Says what is wrong with `each` as installed in `folder`, a line for each fault. */
export function faultsOf(each: Package, folder: string): readonly string[] {
  const installed = join(folder, 'node_modules', each.manifest.name)
  const files = readdirSync(installed, { recursive: true, encoding: 'utf8' }).map((file) => file.replaceAll('\\', '/'))
  const manifest = readFileSync(join(installed, 'package.json'), 'utf8')
  const faults: string[] = []
  for (const word of ['workspace:', '@sluice/source']) if (manifest.includes(word)) faults.push(`package.json still says ${word}`)
  for (const file of ['LICENSE', 'README.md']) if (!files.includes(file)) faults.push(`${file} is missing`)
  for (const file of files) {
    if (file.includes('.test.')) faults.push(`${file} is a test`)
    // A build does not remove what earlier builds left, so a deleted source would live on in what is published.
    if (file.endsWith('.js') && !existsSync(sourceOf(each, file)))
      faults.push(`${file} has no source: delete dist and tsconfig.tsbuildinfo, and build again`)
  }
  return faults.map((fault) => `${each.manifest.name}: ${fault}`)
}

function sourceOf(each: Package, file: string): string {
  return join(root, each.folder, file.replace(/^dist\//, 'src/').replace(/\.js$/, '.ts'))
}
