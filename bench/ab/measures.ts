/** What `bench:ab` measures. Each measure starts a fresh process on the packages of one checkout, and answers one figure. */
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Framework, Traffic } from '../http/contenders.ts'
import { load } from '../http/load.ts'
import { startServer } from '../http/server-process.ts'
import { median } from '../interleave.ts'

/** One row of the comparison. */
export interface Measure {
  readonly name: string
  /** @returns nanoseconds an operation */
  run(programs: URL): Promise<number>
}

/** @param redisPort - of a server that both sides use in turns */
export function measures(redisPort: number): readonly Measure[] {
  return [
    decide('1 hot key', 'sluice'),
    decide('10k keys', 'sluice'),
    decide('all refused', 'sluice'),
    decide('atomic limits', 'three limits'),
    decide('atomic limits', 'one limit, one skipped'),
    ...(['fastify', 'express', 'hono'] as const).flatMap((framework) => [http(framework, 'passing'), http(framework, 'refused')]),
    ...[1, 16, 128].flatMap((concurrency) => [
      redis(redisPort, 'one', concurrency, 'time'),
      redis(redisPort, 'one', concurrency, 'server'),
    ]),
    redis(redisPort, 'hot', 128, 'time'),
    redis(redisPort, 'hot', 128, 'server'),
    redis(redisPort, 'three', 16, 'time'),
    redis(redisPort, 'three', 16, 'server'),
  ]
}

function decide(scenario: string, contender: string): Measure {
  return {
    name: `decide: ${contender === 'sluice' ? scenario : `${scenario}, ${contender}`}`,
    async run(programs) {
      const [samples] = (await output(programs, 'decide/run-scenario.js', scenario, '5', contender)) as [number[]]
      return median(samples)
    },
  }
}

/** Requests before a server is measured, in rounds: V8 compiles until then. */
const warmRounds = 5
const rounds = 2

function http(framework: Framework, traffic: Traffic): Measure {
  const expected = traffic === 'passing' ? 'passes' : 'refused'
  return {
    name: `http: ${framework}, ${traffic}`,
    async run(programs) {
      const server = await startServer(framework, 'sluice', traffic, programs)
      await (await fetch(server.url)).text()
      for (let i = 0; i < warmRounds; i++) await load(server, expected)
      const samples: number[] = []
      for (let i = 0; i < rounds; i++) samples.push((await load(server, expected)).cpuNanos)
      await server.stop()
      return median(samples)
    },
  }
}

const limitNames = { one: 'one limit', hot: 'one hot key', three: 'three limits' } as const

function redis(port: number, limits: keyof typeof limitNames, concurrency: number, what: 'time' | 'server'): Measure {
  return {
    name: `redis: ${limitNames[limits]}, ${concurrency} at once, ${what === 'time' ? 'time' : 'CPU of the server'}`,
    async run(programs) {
      const figures = (await output(programs, 'ab/run-redis.js', String(port), limits, String(concurrency))) as Record<string, number>
      return figures[what]!
    },
  }
}

async function output(programs: URL, program: string, ...words: string[]): Promise<unknown> {
  const script = fileURLToPath(new URL(program, programs))
  const { stdout } = await promisify(execFile)(process.execPath, ['--expose-gc', script, ...words])
  return JSON.parse(stdout)
}
