/** The scripts of this package, as the TypeScript file that ships them. */
import { join } from 'node:path'
import { bundleScripts, constantsIn } from '../../../scripts/lua/bundle.ts'

/** The text of `scripts.generated.ts`. */
export function bundled(): string {
  return bundleScripts({
    folder: import.meta.dirname,
    scripts: [
      'decide',
      'decide-later-stage',
      'settle',
      'renew',
      'refund',
      'inspect',
      'block',
      'strike',
      'forget',
      'reset-all',
      'blocked',
      'list-blocked',
      'check',
    ],
    from: 'lua/*.lua and src/kinds/*.lua',
    constants: constantsIn(join(import.meta.dirname, 'constants.lua')),
    kinds: join(import.meta.dirname, '../src/kinds'),
  })
}
