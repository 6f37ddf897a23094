/**
 * `pnpm test:compat [name...]`: packs the packages, and lets everything load them that a user may have: Node, Jest, TypeScript, bundlers
 * and runtimes. `pnpm test:compat jest next` runs the consumers whose names contain these words.
 */
import { answerHelp } from '../../scripts/help.ts'
import { packAll } from '../../scripts/tarballs.ts'
import { bundlers } from './bundlers.ts'
import { jest } from './jest.ts'
import { node } from './node.ts'
import type { Consumer } from './project.ts'
import { runtimes } from './runtimes.ts'
import { typescript } from './typescript.ts'

/** What is supported and cannot be tried by a command on one machine. Each run names it, so that it does not pass for tried. */
const untried = [
  'macOS and Windows',
  'the services of Cloudflare, Deno Deploy and Vercel (their runtimes are tried: workerd, Deno and Next.js)',
]

answerHelp('test:compat')
const words = process.argv.slice(2).map((word) => word.toLowerCase())
// Those that take longest start first.
const all: readonly Consumer[] = [...typescript, ...bundlers.toReversed(), ...node, ...jest, ...runtimes]
const wanted = all.filter(({ name }) => words.length === 0 || words.some((word) => name.toLowerCase().includes(word)))
if (wanted.length === 0) throw new Error(`No consumer is named ${words.join(' or ')}. They are: ${all.map(({ name }) => name).join(', ')}.`)

const tarballs = await packAll()
let failures = 0
const waiting = [...wanted]
await Promise.all([runAll(), runAll()])

console.log(`\nnot tried: ${untried.join('; ')}`)
console.log(`${wanted.length - failures} passed, ${failures} failed`)
if (failures > 0) process.exitCode = 1

/** Takes one consumer after the other. Two of these keep two cores busy. */
async function runAll(): Promise<void> {
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) await tryOne(next)
}

async function tryOne({ name, holds, run }: Consumer): Promise<void> {
  const startedAt = performance.now()
  const line = (outcome: string): string => {
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1)
    return `${outcome}  ${name.padEnd(40)}${seconds.padStart(6)} s  ${holds}`
  }
  try {
    await run(tarballs)
    console.log(line('passed'))
  } catch (error) {
    failures++
    console.log(`${line('FAILED')}\n${error instanceof Error ? error.message : String(error)}`)
  }
}
