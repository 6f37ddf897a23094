/** The provider behind the LLM proxy: a fake one in a process of its own, which allows 60 requests in 6 seconds. */
import { type FakeProvider, startFakeProvider } from '@sluice/test/servers'

/** Starts it on a free port. */
export function startFakeLlm(): Promise<FakeProvider> {
  return startFakeProvider({ requests: 60, tokens: 12_000, windowMs: 6000 })
}
