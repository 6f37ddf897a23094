/** One header of a response, in the spelling of its standard; HTTP/2 and Fastify write names in lower case by themselves. */
export type HeaderLine = readonly [name: string, value: string]
