/** `pnpm demo`: shows on real servers what sluice does. `--help` says what else it can show. */
import { answerHelp, printUsage } from '../scripts/help.ts'

answerHelp('demo')
const [option = '', ...others] = process.argv.slice(2)

// Each is loaded alone, because none needs what the others start.
if (others.length > 0 || !['', '--redis', '--dashboard'].includes(option)) {
  printUsage('demo')
  process.exitCode = 1
} else if (option === '--dashboard') await (await import('./demo/dashboard.ts')).dashboard()
else await (await import('./demo/scenes.ts')).scenes(option === '--redis')
