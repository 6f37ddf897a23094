/** What is kept for an instance of Fastify holds for its children too, which inherit from the application they belong to. */
import type { FastifyInstance } from 'fastify'

/** What is kept for an instance, or for the nearest one around it. */
export function lookUp<T>(kept: WeakMap<FastifyInstance, T>, instance: FastifyInstance): T | undefined {
  for (let at = instance; at !== null; at = Object.getPrototypeOf(at) as FastifyInstance) {
    const value = kept.get(at)
    if (value !== undefined) return value
  }
}
