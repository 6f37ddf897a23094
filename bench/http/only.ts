/** `node bench/dist/http/only.js fastify`: a part of `bench http`, printed and not kept. */

import { benchHttp, frameworks } from './bench.ts'
import type { Framework } from './contenders.ts'

const chosen = frameworks.filter((framework): framework is Framework => process.argv.includes(framework))
const { rows, claims } = await benchHttp(chosen)
console.table(rows)
console.table(claims)
