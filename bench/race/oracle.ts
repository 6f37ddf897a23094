/** The best that one process can do: an exact log of what was sent, first come first served, with the transit that every mirror must allow. */
import { type Quota, windowMs } from './provider.ts'
import type { TracedCall } from './trace.ts'

/**
 * The waits of an exact mirror, in milliseconds and in the order of the trace. It shares no code with sluice.
 *
 * A call that is sent at `t` can arrive until `t + transit`, and then counts for a window. So any window and its transit may hold at
 * most the quota.
 * @example
 * // Two calls at once, one allowed a minute, 250 ms of transit: the waits are 0 and 60,250.
 * exactWaits([call, call], { requests: 1, tokens: 1000 }, 250)
 */
export function exactWaits(trace: readonly TracedCall[], { requests, tokens: mostTokens }: Quota, transitMs: number): readonly number[] {
  const sent: { readonly leavesMs: number; readonly tokens: number }[] = []
  let first = 0
  let usedTokens = 0
  let nowMs = 0
  const leave = (): void => {
    const { leavesMs, tokens } = sent[first++]!
    usedTokens -= tokens
    nowMs = Math.max(nowMs, leavesMs)
  }
  return trace.map(({ atMs, input, output }) => {
    const tokens = input + output
    nowMs = Math.max(nowMs, atMs)
    while (first < sent.length && sent[first]!.leavesMs <= nowMs) leave()
    while (sent.length - first >= requests || (usedTokens + tokens > mostTokens && first < sent.length)) leave()
    sent.push({ leavesMs: nowMs + windowMs + transitMs, tokens })
    usedTokens += tokens
    return nowMs - atMs
  })
}
