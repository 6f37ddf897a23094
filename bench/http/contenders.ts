/** What `bench http` compares: on each framework the bare server, sluice, and the limiter that people of that framework use. */

/** Whether every request is to pass, or every one to be refused. */
export type Traffic = 'passing' | 'refused'

export type Framework = 'fastify' | 'express' | 'hono'

/** Starts a server on a free port of 127.0.0.1 and answers the port. */
export type Listen = (traffic: Traffic) => Promise<number>

/** The contenders of one framework by name; the bare server comes first, the peer last. */
export type Contenders = Readonly<Record<string, Listen>>

/** What the handler of every server answers. */
export const answer = { hello: 'world' }

/** Far more than is sent, or next to nothing. */
export const capacityFor: Readonly<Record<Traffic, number>> = { passing: 10_000_000, refused: 1 }

/** The period of every limit. */
export const perMs = 3_600_000
