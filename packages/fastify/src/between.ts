/** Limits that are decided between the first step and the last, which are `onRequest` and `preHandler`. Only who uses them pays for them. */
import { type Route, type Step, stepOf } from '@sluice/http'
import type { FastifyInstance, FastifyReply, FastifyRequest, RouteOptions } from 'fastify'
import { lookUp } from './look-up.ts'
import type { FastifyLimit, Next } from './options.ts'

/** The hooks that limits can name, in their order. */
export type HookName = 'onRequest' | 'preParsing' | 'preValidation' | 'preHandler'
export const hookNames: readonly HookName[] = ['onRequest', 'preParsing', 'preValidation', 'preHandler']

/** Decides the stages of a step. */
export type DecideStep = (step: Step, request: FastifyRequest, reply: FastifyReply, next: Next) => void

/** What decides for a guarded application; the plugin sets it. */
export const decideStep: WeakMap<FastifyInstance, DecideStep> = new WeakMap()

/** Asks the guard around a request for the stages of a step. */
function ask(step: Step, request: FastifyRequest, reply: FastifyReply, next: Next): void {
  const decide = lookUp(decideStep, request.server)
  if (decide === undefined) next()
  else decide(step, request, reply, next)
}

/**
 * A function that decides a step, in the form that its hook wants: `preParsing` is given the body as well.
 * @param isDecided - whether another function decides it for a request
 */
export function stepFunction(hook: HookName, step: Step, isDecided: (request: FastifyRequest) => boolean = never): never {
  const decide = (request: FastifyRequest, reply: FastifyReply, next: Next): void => {
    if (isDecided(request)) next()
    else ask(step, request, reply, next)
  }
  const withPayload = (request: FastifyRequest, reply: FastifyReply, _payload: unknown, next: Next): void => decide(request, reply, next)
  return (hook === 'preParsing' ? withPayload : decide) as never
}

function never(): boolean {
  return false
}

/** Instances that decide first in a hook, by its name. The plugin itself does in `onRequest`. */
const first: Readonly<Record<string, WeakMap<FastifyInstance, true>>> = Object.fromEntries(hookNames.map((hook) => [hook, new WeakMap()]))

/** Adds the hooks in which limits of a registration are decided first, which then also decide for its routes. */
export function decideFirst(instance: FastifyInstance, { between }: Route<FastifyRequest>): void {
  for (const hook of hookNames) {
    if (between[`${hook} first`] === undefined || lookUp(first[hook]!, instance) !== undefined) continue
    first[hook]!.set(instance, true)
    instance.addHook(hook as 'onRequest', stepFunction(hook, `${hook} first`))
  }
}

/** Puts a hook in front of those of a route whose own limits are decided first there. */
export function prependFirst(options: RouteOptions): void {
  for (const hook of hookNames) {
    if (hook === 'onRequest' || !namesStep(options, `${hook} first`)) continue
    // A hook of the application has decided for the route as well.
    const own = stepFunction(hook, `${hook} first`, ({ server }) => lookUp(first[hook]!, server) !== undefined)
    options[hook] = [own, ...[options[hook] ?? []].flat()] as never
  }
}

/** Whether a limit of a route itself is decided in a step. What is wrong with its options is an error later, when it is compiled. */
export function namesStep({ config }: RouteOptions, step: Step): boolean {
  const limits = (config?.sluice as { readonly limits?: unknown } | null | undefined)?.limits
  if (!Array.isArray(limits)) return false
  return limits.some((limit: FastifyLimit) => {
    try {
      return stepOf(limit) === step
    } catch {
      return false
    }
  })
}
