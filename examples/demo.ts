/** `pnpm demo`: shows on real servers what sluice does. `--help` says what else it can show. */
import { say } from './demo/screen.ts'

const [option = '', ...others] = process.argv.slice(2)

// Each is loaded alone, because none needs what the others start.
if (others.length > 0 || !['', '--redis', '--dashboard'].includes(option)) help()
else if (option === '--dashboard') await (await import('./demo/dashboard.ts')).dashboard()
else await (await import('./demo/scenes.ts')).scenes(option === '--redis')

function help(): void {
  say('Usage: npx -y pnpm@12.21.0 demo [--redis | --dashboard]')
  say()
  say('  (nothing)     shows on real servers what sluice does, in about a minute')
  say('  --redis       also shows two processes that share one bucket in Redis')
  say('  --dashboard   starts an API whose users see their quota, with traffic')
  if (option !== '--help') process.exitCode = 1
}
