/** A folder or file is named after its idea. */
import type { Files } from '../files.ts'

const nothing = new Set(['common', 'helper', 'helpers', 'interface', 'interfaces', 'misc', 'type', 'types', 'util', 'utils'])

export function namesOfNothing(files: Files): readonly string[] {
  return Object.keys(files).filter((path) => path.split('/').some((part) => nothing.has(part.replace(/\..*$/, ''))))
}
