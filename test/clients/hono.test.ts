/** Clients that we did not write, against the example of Hono. */
import { describeClients } from './describe-clients.ts'

describeClients('hono')
