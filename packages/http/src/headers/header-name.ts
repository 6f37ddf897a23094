/** Names of headers that an application chooses: what HTTP gives a meaning of its own is refused, before traffic. */
import { SLUICE_HEADER_NAME, SluiceError } from '../errors.ts'

/**
 * Fields whose meaning a number of units or a time would spoil. They are those of the standard for quotas and waits, of the connection, of
 * caches, cookies, authentication and redirects, and of the security of pages.
 */
const taken = new Set(
  [
    'ratelimit ratelimit-policy retry-after retry-after-ms',
    'connection keep-alive te trailer transfer-encoding upgrade via host',
    'accept accept-patch accept-post accept-ranges allow location link refresh server status warning',
    'age cache-control expires pragma vary etag last-modified date clear-site-data',
    'cookie set-cookie set-cookie2 authorization www-authenticate authentication-info strict-transport-security alt-svc',
    'server-timing timing-allow-origin origin-agent-cluster referrer-policy permissions-policy',
    'x-content-type-options x-frame-options x-xss-protection x-powered-by x-forwarded-for forwarded',
  ].flatMap((names) => names.split(' ')),
)

/** Beginnings of such names: `Content-Length`, `Access-Control-Allow-Origin`, `Proxy-Authenticate`, `Sec-WebSocket-Accept`. */
const takenPrefixes = ['content-', 'access-control-', 'proxy-', 'sec-', 'cross-origin-', 'if-', 'cdn-']

/**
 * The name itself. It begins with a letter, and has up to 64 letters, digits and hyphens: some proxies drop any other.
 * @throws SluiceError `SLUICE_HEADER_NAME`
 */
export function checkHeaderName(name: unknown, option: string): string {
  if (typeof name !== 'string' || !/^[A-Za-z][A-Za-z0-9-]{0,63}$/.test(name) || isTaken(name.toLowerCase()))
    throw new SluiceError(SLUICE_HEADER_NAME, { option, value: name })
  return name
}

function isTaken(name: string): boolean {
  return taken.has(name) || takenPrefixes.some((prefix) => name.startsWith(prefix))
}
