/** What is tried on Node only, in one process, since each start takes time: the core, and Fastify. */
import './throttle.mjs'
import './fastify.mjs'
