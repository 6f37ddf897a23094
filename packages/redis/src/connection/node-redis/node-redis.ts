/** What the store uses of node-redis 5 and 6. */

/** Options of one client, as far as the store reads or sets them. */
export interface NodeRedisOptions {
  readonly socket?: { readonly tls?: boolean; readonly connectTimeout?: number; readonly host?: string; readonly port?: number }
  readonly name?: string | undefined
  readonly keyPrefix?: string | Buffer | undefined
}

/** A client of one server. */
export interface NodeRedis {
  readonly options: NodeRedisOptions | undefined
  readonly isOpen: boolean
  duplicate(overrides: object): NodeRedis
  connect(): Promise<unknown>
  sendCommand(args: readonly string[]): Promise<unknown>
  on(event: string, listener: (cause: unknown) => void): unknown
  off(event: string, listener: (cause: unknown) => void): unknown
  destroy(): void
  unref(): void
}

/** A client of a Cluster. */
export interface NodeRedisCluster extends Pick<NodeRedis, 'isOpen' | 'on' | 'off'> {
  readonly masters: readonly object[]
  nodeClient(node: object): NodeRedis | Promise<NodeRedis>
  /** The options that it was made with. */
  readonly _options?: {
    readonly defaults?: NodeRedisOptions
    readonly nodeAddressMap?: NodeAddressMap
    readonly keyPrefix?: string | Buffer | undefined
  }
}

/** The addresses that nodes tell of each other, to those that this process reaches. */
export type NodeAddressMap = Readonly<Record<string, NodeAddress | undefined>> | ((address: string) => NodeAddress | undefined)

export interface NodeAddress {
  readonly host: string
  readonly port: number
}

/** A client of the master that Sentinels name. */
export interface NodeRedisSentinel extends Pick<NodeRedis, 'isOpen' | 'on' | 'off'> {
  /** Calls back with the client of the master that it has found. */
  _execute<T>(isReadonly: boolean, use: (master: NodeRedis) => Promise<T>): Promise<T>
  readonly _keyPrefix?: string | Buffer | undefined
}

/** A text of an option that may be a buffer; empty if there is none. */
export function prefixText(prefix: string | Buffer | undefined): string {
  return prefix === undefined ? '' : prefix.toString()
}
