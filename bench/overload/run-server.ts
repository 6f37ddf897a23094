/** The server process: `node run-server.js <contender>`. Tells its address. */
import { type Contender, listen } from './contenders.ts'

process.send!({ url: await listen(process.argv[2] as Contender) })
process.on('disconnect', () => process.exit())
