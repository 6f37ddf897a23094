/** A connector of the application as a client of the store. It has no events, and cannot end. */
import type { CallersClient } from '../own-client.ts'
import { rawClient } from './raw-client.ts'
import type { RedisConnector } from './redis-connector.ts'

export function connectorClient(connector: RedisConnector): CallersClient {
  const { cluster: isCluster = false, keyPrefix = '' } = connector
  return {
    identity: connector,
    isCluster,
    keyPrefix,
    isIdle: () => false,
    makeOwn: () =>
      rawClient({
        connect: (lost) => connector.connect(lost),
        isCluster,
        hasTls: () => false,
        name: 'sluice',
        mayRedial: () => true,
        onCallersEnd: () => () => {},
      }),
  }
}
