/** The connector of the guide, over Valkey GLIDE. */
import type { RedisConnector } from '@sluice/redis'
import { snippetsOf } from '../readme/snippets.ts'
import { imported } from '../readme/workbench.ts'

interface Guide {
  glideConnector(host: string, port: number): RedisConnector
}

/** The function of the guide, as it stands there. */
export async function glideOfGuide(): Promise<(server: { readonly host?: string; readonly port: number }) => RedisConnector> {
  const { text } = snippetsOf('docs/guides/redis-clients.md').find(({ heading }) => heading === 'Valkey GLIDE')!
  // The last line of the sample would connect.
  const { glideConnector } = await imported<Guide>('glide-connector.ts', text.replace(/^export const store .*$/m, ''))
  return ({ host = '127.0.0.1', port }) => glideConnector(host, port)
}
