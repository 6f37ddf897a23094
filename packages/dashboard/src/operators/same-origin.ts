/** Whether a request that changes something comes from the page itself, as the browser says it. */

/** Reads a header by its name in lower case. */
export type ReadHeader = (name: string) => string | undefined

/**
 * Browsers say in `Sec-Fetch-Site` where a request comes from, and a page cannot change it. Older ones send `Origin`. A request with neither comes from
 * no page of today, and is refused.
 */
export function isSameOrigin(header: ReadHeader): boolean {
  const site = header('sec-fetch-site')
  if (site !== undefined) return site === 'same-origin'
  const origin = header('origin')
  const host = header('host')
  return origin !== undefined && host !== undefined && URL.canParse(origin) && new URL(origin).host === host.toLowerCase()
}
