/** How the SDKs of OpenAI and Anthropic try again: twice, after `Retry-After`, or after a time that doubles and is drawn. */

/** What an attempt came to. */
export interface Attempt {
  readonly status: 200 | 429
  /** `Retry-After` in seconds; 0 without it. */
  readonly retryAfter: number
}

/** `maxRetries` of `openai` 6.49 and `@anthropic-ai/sdk` 1.14. */
const mostRetries = 2
const firstDelayMs = 500
const longestDelayMs = 8000

/**
 * Sends a call until it is served or was tried three times. Both SDKs do the same: they wait as long as `Retry-After` says. Without it they
 * wait 0.5 s, then 1 s, each less up to a quarter of it.
 * @returns whether the call was served
 */
export async function callLikeSdks(send: () => Promise<Attempt>): Promise<boolean> {
  for (let retries = 0; ; retries++) {
    const { status, retryAfter } = await send()
    if (status === 200) return true
    if (retries === mostRetries) return false
    const backoffMs = Math.min(longestDelayMs, firstDelayMs * 2 ** retries) * (1 - Math.random() * 0.25)
    await new Promise((resolve) => setTimeout(resolve, retryAfter > 0 ? retryAfter * 1000 : backoffMs))
  }
}
