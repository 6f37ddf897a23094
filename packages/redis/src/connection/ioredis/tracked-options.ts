/** The options of the next connection: what the caller's client has by then, and the credentials that a hook gives. */
import type { Cluster, Redis } from 'ioredis'
import type { RedisCredentials } from '../credentials.ts'
import { isCluster } from './client.ts'

/** Options that may change while the caller's client lives, and count for its next connection. */
const tracked = ['username', 'password', 'tls', 'host', 'port', 'path', 'family', 'sentinelUsername', 'sentinelPassword'] as const

type Options = { [name in (typeof tracked)[number]]?: unknown }

/** Takes over what has changed in the options of the caller's client. */
export function follow(client: Redis | Cluster, own: Redis | Cluster): void {
  const current = (isCluster(client) ? (client.options.redisOptions ?? {}) : client.options) as Options
  for (const options of optionsOf(own)) {
    for (const name of tracked) if (name in current) options[name] = current[name]
  }
}

export function setCredentials(own: Redis | Cluster, { username, password }: RedisCredentials): void {
  for (const options of optionsOf(own)) Object.assign(options, { username, password })
}

/** The options that the next connection is made by. The nodes of a Cluster are made by a copy that version 6 keeps in its pool. */
function optionsOf(own: Redis | Cluster): Options[] {
  if (!isCluster(own)) return [own.options as Options]
  const { ['connectionPool']: nodes } = own as unknown as Readonly<Record<string, { readonly redisOptions?: Options } | undefined>>
  return [own.options.redisOptions as Options, nodes?.redisOptions].filter((options) => options !== undefined)
}
