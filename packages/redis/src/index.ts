export type { RedisPolicy, RedisPolicyOptions } from './admin/redis-policy.ts'
export { redisPolicy } from './admin/redis-policy.ts'
export type { RedisStoreOptions } from './redis-store.ts'
export { redisStore } from './redis-store.ts'
