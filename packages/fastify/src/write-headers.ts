/** Writing headers into Fastify's replies. */
import type { HeaderLine } from '@sluice/http'
import type { FastifyReply } from 'fastify'

/** Names in lower case, by the spelling of their standard; there are as many as header families have. */
const lowered = new Map<string, string>()

/** Fastify keeps names in lower case. One that is so already is kept as it is, where another becomes a new string each time, to be looked up. */
export function writeHeaders(reply: FastifyReply, lines: readonly HeaderLine[]): void {
  for (const line of lines) reply.header(lowered.get(line[0]) ?? lower(line[0]), line[1])
}

function lower(name: string): string {
  const low = name.toLowerCase()
  lowered.set(name, low)
  return low
}
