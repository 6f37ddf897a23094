/** Third scene: ten times the rate of an LLM provider for ten seconds, directly and through the proxy. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { FakeProvider } from '@sluice/test/servers'
import { startExample } from './example.ts'
import { startFakeLlm } from './fake-llm.ts'
import { paint, say, table } from './screen.ts'

const seconds = 10
/** The provider allows 60 calls in 6 seconds. */
const perSecond = 100
const users = 40

/** What callers saw: calls by the second in which they began. */
interface Seen {
  readonly served: number[]
  readonly refused: number[]
  /** Refusals that named a wait. */
  waits: number
  readonly latenciesMs: number[]
}

/** Plays the scene on servers of its own. */
export async function tenTimes(): Promise<void> {
  await using direct = await startFakeLlm()
  await using behind = await startFakeLlm()
  await using proxy = await startExample('llm-proxy', { PROVIDER_URL: behind.url })
  say(paint('bold', `3. Ten times the rate of an LLM provider, for ${seconds} seconds`))
  say(paint('dim', `   examples/llm-proxy.ts on ${proxy.url}`))
  say(paint('dim', `   the provider itself on ${direct.url}`))
  say()
  const [without, through] = await Promise.all([flood(`${direct.url}/v1/chat/completions`), flood(`${proxy.url}/chat`)])
  const lines = table(['calls', 17], ['served', 8], ['429 of the provider', 19], ['refused with a wait', 19], ['median', 7])
  lines.row(...(await rowOf('directly', without, direct)), '')
  lines.row(...(await rowOf('through the proxy', through, behind)), `${medianOf(through)} ms`)
  say()
  say(paint('dim', '  second  directly: served █, 429 ░     through the proxy: served █'))
  for (let at = 0; at < seconds; at++) {
    const bars = [bar('█', without.served[at]!) + bar('░', without.refused[at]!), bar('█', through.served[at]!)]
    const [left, right] = bars.map((each) => each.slice(0, 28))
    say(`  ${String(at + 1).padStart(6)}  ${left!.padEnd(30)}  ${right}`)
  }
  say()
  say('  The proxy sends what the windows of the provider have room for. It refuses the')
  say('  rest when it arrives, with the time to come back.')
}

async function flood(url: string): Promise<Seen> {
  const zeros = (): number[] => new Array<number>(seconds).fill(0)
  const seen: Seen = { served: zeros(), refused: zeros(), waits: 0, latenciesMs: [] }
  const body = JSON.stringify({ prompt: 'hello', max_tokens: 10 })

  async function call(index: number): Promise<void> {
    const bornMs = performance.now()
    // In which it was due, so that a busy machine leaves no second empty.
    const second = Math.min(seconds - 1, Math.floor(index / perSecond))
    const headers = { 'content-type': 'application/json', 'x-user': `user-${index % users}` }
    const response = await fetch(url, { method: 'POST', headers, body })
    await response.text()
    if (response.ok) seen.latenciesMs.push(performance.now() - bornMs)
    if (response.headers.has('retry-after')) seen.waits += 1
    const kind = response.ok ? seen.served : seen.refused
    kind[second]! += 1
  }

  const startMs = performance.now()
  const calls: Promise<void>[] = []
  while (calls.length < seconds * perSecond) {
    const due = Math.min(seconds, (performance.now() - startMs) / 1000) * perSecond
    while (calls.length < due) calls.push(call(calls.length))
    await sleep(5)
  }
  await Promise.all(calls)
  return seen
}

async function rowOf(name: string, { served, waits }: Seen, provider: FakeProvider) {
  const { limited } = await provider.counts()
  return [name, String(sum(served)), [String(limited), limited > 0 ? 'red' : 'green'] as const, String(waits)] as const
}

const sum = (counts: readonly number[]): number => counts.reduce((a, b) => a + b, 0)

/** One character for four calls. */
const bar = (character: string, calls: number): string => character.repeat(Math.ceil(calls / 4))

function medianOf({ latenciesMs }: Seen): number {
  const sorted = latenciesMs.toSorted((a, b) => a - b)
  return Math.round(sorted[sorted.length >> 1] ?? 0)
}
