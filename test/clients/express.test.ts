/** Clients that we did not write, against the example of Express. */
import { describeClients } from './describe-clients.ts'

describeClients('express')
