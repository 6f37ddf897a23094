/** What to do about a failure of Redis, by the text of its reason. One sentence for the warning that an outage prints. */

/** The first that matches counts. */
const advice: readonly (readonly [reason: RegExp, what: string])[] = [
  [
    /of the store may not|NOPERM|can't run this command/i,
    'Grant the permissions that the README of @sluice/redis lists as one ACL SETUSER line.',
  ],
  [/is of version|older than/i, 'Upgrade the server to Redis 7 or newer, or Valkey.'],
  [/does not have|unknown command/i, 'Use a server that has these commands and runs Lua scripts.'],
  [
    /WRONGPASS|NOAUTH|invalid password|invalid username/i,
    'Correct `username` and `password` of the client, or let `credentials` of the store give them.',
  ],
  [/max number of clients/i, 'Raise `maxclients` of the server, or close connections that are not needed.'],
  [/TLS handshake/, 'Correct `tls` of the client if the server does not speak TLS, or see that the network lets this process reach it.'],
  [/ENOTFOUND|EAI_AGAIN/, 'Correct `host` of the client, or repair the name server.'],
  [/ECONNREFUSED/, 'Start Redis, or correct `host` and `port` of the client.'],
  [/ETIMEDOUT|EHOSTUNREACH|ENETUNREACH/, 'See that the network and its firewalls let this process reach the server.'],
  [
    /certificate|SSL|TLS|EPROTO|ERR_SSL|wrong version number/i,
    'Correct `tls` of the client: the certificate, its authority, or whether the server speaks TLS at all.',
  ],
  [
    /closed the connection|ECONNRESET|EPIPE/,
    'See the log of the server: it may speak TLS where the client does not, or have been stopped.',
  ],
  [/OOM/, 'Raise `maxmemory` of the server, or delete what other applications keep there.'],
  [/READONLY/, 'Connect to the master: the server is a replica.'],
  [/NOREPLICAS/, 'See that enough replicas of the server are connected.'],
  [/MISCONF/, 'See why the server cannot save to its disk.'],
  [/LOADING/, 'Wait until the server has loaded its data.'],
  [/BUSY/, 'End the script that keeps the server busy: SCRIPT KILL.'],
  [/CLUSTERDOWN|slots/i, 'See that every slot of the Cluster has a node.'],
  [/[Ss]entinel/, 'See that the Sentinels can be reached, and know the `name` of the master.'],
  [/`timeout`|silent/, 'See why Redis or the network is slow, or raise `timeout` of the store.'],
]

export function adviceOn(reason: string): string {
  return advice.find(([pattern]) => pattern.test(reason))?.[1] ?? 'See the log of the server.'
}
