export { anthropicDialect } from './dialects/anthropic.ts'
export { azureOpenaiDialect } from './dialects/azure-openai.ts'
export type { Dialect, QuotaSighting } from './dialects/dialect.ts'
export type { GatewayOptions } from './dialects/gateway.ts'
export { gatewayDialect } from './dialects/gateway.ts'
export { githubDialect } from './dialects/github.ts'
export type { PolicyNames } from './dialects/ietf.ts'
export { ietfDialect } from './dialects/ietf.ts'
export { openaiDialect } from './dialects/openai.ts'
export type { HeaderReader, ResponseHeaders } from './dialects/response-headers.ts'
export type { CallingOptions } from './fetch/attempts.ts'
export type { FetchOptions } from './fetch/fetch-through.ts'
export { fetchThrough } from './fetch/fetch-through.ts'
export type { OutgoingCall } from './fetch/outgoing-call.ts'
export type { KeyPool, KeyPoolEvent, KeyPoolSnapshot, KeyStatus } from './keys/key-pool.ts'
export { createKeyPool } from './keys/key-pool.ts'
export type { HeavyOptions, KeyOptions, KeyPoolOptions, Tier } from './keys/pool-options.ts'
export type { Dimension } from './mirror/dimension.ts'
export type { Ask, Head, Known, Mirror, MirrorView, Move, Pace, Queued, Settlement, Sighting, Taken, Why } from './mirror/mirror.ts'
export type { EgressOutage } from './mirror/outage-mirror.ts'
export type { ProbeRules } from './mirror/probe.ts'
export type { MirrorRules } from './mirror/state.ts'
export type { WindowLog } from './mirror/window-log.ts'
export type { AcquireOptions } from './provider/acquire-options.ts'
export type { Budget } from './provider/budget.ts'
export type { CallerQueue } from './provider/caller-queue.ts'
export type { CallContext } from './provider/context.ts'
export { withCallContext } from './provider/context.ts'
export type { EgressCost } from './provider/costs.ts'
export type {
  AllowanceEvent,
  EgressEvent,
  EgressFaultEvent,
  EgressOutageEvent,
  KeyChange,
  KeyEvent,
  LimitedEvent,
  PacedEvent,
  RefusedEvent,
  RetryEvent,
  SentEvent,
  TierEvent,
} from './provider/egress-event.ts'
export type { ProviderLimit } from './provider/limits.ts'
export type { MirrorStore, ProviderOptions, QueueOptions } from './provider/options.ts'
export type { Permit } from './provider/permit.ts'
export type { Provider, ProviderSnapshot } from './provider/provider.ts'
export { createProvider } from './provider/provider.ts'
export type { NodeRedisLike } from './redis/node-redis-runner.ts'
export { nodeRedisRunner } from './redis/node-redis-runner.ts'
export type { RedisMirrorOptions } from './redis/redis-mirror.ts'
export { redisMirrors } from './redis/redis-mirror.ts'
export type { IoredisLike, ScriptRunner } from './redis/script-runner.ts'
export { ioredisRunner } from './redis/script-runner.ts'
export type { Script } from './redis/scripts.generated.ts'
export type { EgressCode, RefusalFacts, RefusedStatus } from './refusal.ts'
export { EgressRefusal, egressRefusalOf } from './refusal.ts'
export type { RetryOptions } from './retry/backoff.ts'
