/** The programs of all documents of the workspace. */
import { execFileSync } from 'node:child_process'
import { root } from '../../scripts/packages.ts'
import { type DocumentProgram, programsOf } from './snippets.ts'

/** The paths of all documents, from the root. A document that is not committed yet is one as well. */
export const documents: readonly string[] = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '*.md'], {
  cwd: root,
  encoding: 'utf8',
})
  .trim()
  .split('\n')
  .sort()

/** Every program, in the order of the documents. */
export function documentPrograms(): readonly DocumentProgram[] {
  return documents.flatMap(programsOf)
}
