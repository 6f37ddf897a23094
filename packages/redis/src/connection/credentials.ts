/** Credentials that a hook gives for each new connection. */
import type { MaybePromise } from '@sluice/core'

/** A user of Redis and its password. */
export interface RedisCredentials {
  readonly username?: string | undefined
  readonly password?: string | undefined
}

/** Gives the credentials for the next connection. */
export type CredentialsHook = () => MaybePromise<RedisCredentials>

/** Milliseconds that a hook for credentials has. */
const hookMs = 10_000

/** What the hook answers. @throws what the hook throws, and an error if it answers too late */
export async function askForCredentials(hook: CredentialsHook): Promise<RedisCredentials> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`credentials() did not answer within ${hookMs / 1000} s`)), hookMs)
    timer.unref()
  })
  try {
    return await Promise.race([hook(), late])
  } finally {
    clearTimeout(timer)
  }
}
