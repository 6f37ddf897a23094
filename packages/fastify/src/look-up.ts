/** Looks up what is kept for an instance: a file of its own, because both files about routes need it. */
import type { FastifyInstance } from 'fastify'

/** The value that is kept for an instance, or for the nearest one around it: instances inherit from the application they belong to. */
export function lookUp<T>(kept: WeakMap<FastifyInstance, T>, instance: FastifyInstance): T | undefined {
  for (let at = instance; at !== null; at = Object.getPrototypeOf(at) as FastifyInstance) {
    const value = kept.get(at)
    if (value !== undefined) return value
  }
}
