/** What operators may see, by the name of the state: for tests in a browser, and for pictures. */
import type { LiveState } from '@sluice/dashboard'

const atMs = Date.UTC(2026, 11, 1, 12, 0, 0)

const limit = (name: string, admitted: number, refused = 0, near = 0, shadow = 0): LiveState['limits'][number] => ({
  name,
  admitted,
  refused,
  near,
  shadow,
})

const key = (i: number, limitName: string, label = `#${(0x9c3f21ab * (i + 1)).toString(16).padStart(10, '0').slice(0, 10)}`) => ({
  token: `t${i}`,
  limit: limitName,
  label,
})

const quiet: LiveState = {
  atMs,
  processes: 1,
  alone: null,
  decisions: 0,
  refused: 0,
  limits: [],
  refusals: 0,
  keys: [],
  blocked: [],
  cached: 0,
  local: 0,
  storeCalls: 0,
  p50Ms: null,
  p99Ms: null,
  usage: [],
  callsInRoundTrip: null,
  outages: [],
  faults: [],
  providers: [],
  policy: null,
}

const busy: LiveState = {
  ...quiet,
  processes: 4,
  decisions: 1240.2,
  refused: 9.7,
  limits: [limit('ip', 1228.4, 6.2, 31), limit('user', 902.1, 3.5, 120), limit('search', 210.7, 0, 0, 4.3), limit('export', 0.2)],
  refusals: 8230,
  keys: Array.from({ length: 8 }, (_, i) => ({
    ...key(i, i % 3 === 0 ? 'user' : 'ip'),
    count: Math.round(4100 / (i + 1) ** 1.4),
    share: Math.round(4100 / (i + 1) ** 1.4) / 8230,
  })),
  blocked: [
    { ...key(20, 'ip'), blockedForMs: null },
    { ...key(21, 'ip'), blockedForMs: 2_400_000 },
  ],
  cached: 3.1,
  storeCalls: 74_210,
  p50Ms: 0.93,
  p99Ms: 3.55,
  usage: [{ buckets: 12_410, maxBuckets: 100_000, overflowing: [] }],
  callsInRoundTrip: 3.4,
  faults: [{ code: 'SLUICE_FUNCTION_TIMEOUT', limit: 'user', count: 3, lastMs: atMs - 48_000 }],
  providers: [
    {
      name: 'openai',
      limits: { requests: 500, tokens: 200_000 },
      waiting: 14,
      inFlight: 20,
      waitMs: 1800,
      sent: 488,
      refused: 3,
      limited: 0,
    },
    { name: 'geocoder', limits: { requests: 50 }, waiting: 0, inFlight: 1, waitMs: 0, sent: 31, refused: 0, limited: 2 },
  ],
  policy: {
    version: '20261201',
    sinceMs: atMs - 5_400_000,
    earlier: [{ version: '20261128', sinceMs: atMs - 300_000_000 }],
    changes: [
      { path: 'limits.user.rule.tokenBucket.capacity', before: '100', after: '120' },
      { path: 'limits.search.shadow', before: undefined, after: 'true' },
    ],
    refused: 0,
    refusal: null,
  },
}

const longName = 'requests-of-the-partner-integration-for-order-imports-eu-west'

export const operatorsStates: Readonly<Record<'busy' | 'no data' | 'outage' | 'twelve limits' | 'long names', LiveState>> = {
  busy,
  'no data': quiet,
  outage: {
    ...busy,
    local: 1230,
    alone: 'connect ECONNREFUSED [host]',
    processes: 1,
    outages: [{ provider: null, code: 'ECONNREFUSED', reason: 'connect ECONNREFUSED [host]', sinceMs: atMs - 185_000 }],
    policy: {
      ...busy.policy!,
      refused: 1,
      refusal: 'policy.json:7:3: version is still 20261201, but the policy has changed; raise the version',
    },
  },
  'twelve limits': {
    ...busy,
    limits: Array.from({ length: 12 }, (_, i) =>
      limit(`tier-${i + 1}`, 1000 / (i + 1), i % 4 === 0 ? 12 / (i + 1) : 0, i * 2, i % 5 === 0 ? 1 : 0),
    ),
  },
  'long names': {
    ...busy,
    limits: busy.limits.map((one, i) => ({ ...one, name: `${longName.slice(0, 58)}-${i}` })),
    keys: busy.keys.map((one) => ({ ...one, limit: longName, label: `sk-live-${'0123456789abcdef'.repeat(4)}…` })),
    providers: busy.providers.map((one) => ({ ...one, name: `${one.name}-${longName.slice(0, 50)}` })),
  },
}
