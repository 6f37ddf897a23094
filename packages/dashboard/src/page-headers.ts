/** The headers of every page, which let it load nothing but what has its nonce. */
import type { HeaderLine } from '@sluice/http'

/** A text that no page has had before. */
export function newNonce(): string {
  return btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(18))))
}

/** @param nonce - of the page's own styles and scripts */
export function pageHeaders(nonce: string): HeaderLine[] {
  return [
    ['Content-Type', 'text/html; charset=utf-8'],
    ['Cache-Control', 'no-store'],
    ['Content-Security-Policy', policyOf(nonce)],
    ['Referrer-Policy', 'no-referrer'],
    ['X-Content-Type-Options', 'nosniff'],
    ['X-Frame-Options', 'DENY'],
  ]
}

/** The page loads nothing, and asks nothing but itself. */
function policyOf(nonce: string): string {
  const own = `'nonce-${nonce}'`
  return `default-src 'none'; style-src ${own}; script-src ${own}; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`
}
