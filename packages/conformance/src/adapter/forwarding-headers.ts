/** The headers by which clients try to pass for another address, as data for the tests that spoof them all. */

/** None of them chooses a bucket unless a listed proxy sent it, and then `X-Forwarded-For` alone does. */
export const forwardingHeaders: readonly string[] = [
  'X-Forwarded-For',
  'Forwarded',
  'X-Real-IP',
  'X-Client-IP',
  'X-Remote-IP',
  'X-Remote-Addr',
  'X-Originating-IP',
  'X-Host',
  'True-Client-IP',
  'CF-Connecting-IP',
  'CF-Connecting-IPv6',
  'Fastly-Client-IP',
  'Fly-Client-IP',
  'X-Cluster-Client-IP',
  'X-Azure-ClientIP',
  'X-Envoy-External-Address',
  'X-Appengine-User-IP',
  'X-Vercel-Forwarded-For',
  'Client-IP',
  'Via',
]

/** What is written into them: local addresses, other people's, and what is no address. */
export const spoofedValues: readonly string[] = [
  '127.0.0.1',
  '::1',
  '10.0.0.1',
  '198.51.100.77',
  '198.51.100.77:8080',
  '2001:db8::77',
  '[2001:db8::77]:443',
  '::ffff:198.51.100.77',
  'fe80::1%eth0',
  'unknown',
  '_hidden',
  '',
  ' ',
  ',,,',
  'for="[2001:db8::77]"',
  '"unterminated',
  '1.2.3.4.5',
  '01.2.3.4',
]
