/** The scripts of this package, as the TypeScript file that ships them. */
import { bundleScripts } from '../../../scripts/lua/bundle.ts'

/** The text of `scripts.generated.ts`. */
export function bundled(): string {
  return bundleScripts({ folder: import.meta.dirname, scripts: ['take'], from: 'lua/*.lua' })
}
