/** Where a server of Node listens. */
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'

export function portOf(server: Server): number {
  return (server.address() as AddressInfo).port
}
