/** Decisions on Redis in a process of their own. Arguments: the port, `one` or `three` limits or one `hot` key, and how many calls are in flight at once. */
import { Redis } from 'ioredis'
import { median } from '../interleave.ts'
import { sluice, sluiceThree } from '../redis/contenders.ts'

const [port, limits, concurrency] = process.argv.slice(2)
const warmUps = 2
const rounds = 7
const decisions = concurrency === '1' ? 1500 : 5000
const keys = limits === 'hot' ? ['10.0.0.1'] : Array.from({ length: 1000 }, (_, i) => `10.0.${i >> 8}.${i & 255}`)
const server = new Redis(Number(port))
const decider = await (limits === 'three' ? sluiceThree : sluice)(Number(port))
const times: number[] = []
const cpu: number[] = []
for (let round = -warmUps; round < rounds; round++) {
  const before = await serverCpu()
  const start = performance.now()
  let left = decisions
  const ask = async (): Promise<void> => {
    while (left-- > 0) await decider.decide(keys[left % keys.length]!)
  }
  await Promise.all(Array.from({ length: Number(concurrency) }, ask))
  const nanos = ((performance.now() - start) * 1e6) / decisions
  if (round < 0) continue
  times.push(nanos)
  cpu.push((((await serverCpu()) - before) * 1e9) / decisions)
}
console.log(JSON.stringify({ time: median(times), server: median(cpu) }))
await decider.close()
await server.quit()

/** CPU time of the server since it began, in seconds. */
async function serverCpu(): Promise<number> {
  const info = await server.info('cpu')
  const [, user, system] = /used_cpu_user:([\d.]+)[\s\S]*used_cpu_sys_main_thread:([\d.]+)/.exec(info) ?? []
  const main = /used_cpu_user_main_thread:([\d.]+)/.exec(info)?.[1] ?? user
  return Number(main) + Number(system)
}
