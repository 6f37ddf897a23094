/** `pnpm build`: type-checks the published packages and writes what each one publishes into its `dist`. */
import { buildAll } from './build-package.ts'
import { answerHelp } from './help.ts'

answerHelp('build')
await buildAll()
