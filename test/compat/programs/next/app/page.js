/** A page that shows what `proxy.js` tells it. */
import { headers } from 'next/headers'

// biome-ignore lint/style/noDefaultExport: Next.js takes the page from it
export default async function Page() {
  return `left: ${(await headers()).get('x-quota-left')}`
}
