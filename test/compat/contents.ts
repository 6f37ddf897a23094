/** What must be true of an installed package: it is whole, and nothing of the workspace is left in it. */
import { readdirSync, readFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import { codeEntriesOf, type Package } from '../../scripts/packages.ts'

/** Says what is wrong with `each` as installed in `folder`, a line for each fault. */
export function faultsOf(each: Package, folder: string): readonly string[] {
  const installed = join(folder, 'node_modules', each.manifest.name)
  const files = readdirSync(installed, { recursive: true, encoding: 'utf8' }).map((file) => file.replaceAll('\\', '/'))
  const manifest = readFileSync(join(installed, 'package.json'), 'utf8')
  const faults: string[] = []
  for (const word of ['workspace:', '@sluice/source']) if (manifest.includes(word)) faults.push(`package.json still says ${word}`)
  for (const file of ['LICENSE', 'README.md']) if (!files.includes(file)) faults.push(`${file} is missing`)
  const named = ['package.json', ...each.manifest.files.filter((file) => file !== 'dist')]
  const isNamed = (file: string): boolean => named.some((one) => file === one || file.startsWith(`${one}/`))
  for (const file of files.filter((path) => path.includes('.'))) {
    if (!isNamed(file) && !/^dist\/.*\.(c?js|d\.c?ts)$/.test(file)) faults.push(`${file} is neither code nor a declaration`)
    if (file.includes('.test.')) faults.push(`${file} is a test`)
  }
  for (const { code, types, required, requiredTypes } of codeEntriesOf(each)) {
    for (const file of [code, types, required, requiredTypes]) if (!files.includes(posix.normalize(file))) faults.push(`${file} is missing`)
  }
  return faults.map((fault) => `${each.manifest.name}: ${fault}`)
}
