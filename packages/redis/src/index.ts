export type { RedisPolicy, RedisPolicyOptions } from './policy-source.ts'
export { redisPolicy } from './policy-source.ts'
export type { RedisStoreOptions } from './redis-store.ts'
export { redisStore } from './redis-store.ts'
