/** The `proxy.ts` of the page about Next.js, on a stand-in of what Next.js brings. `pnpm test:compat next` runs it in the real one. */
import { expect, test } from 'vitest'
import { snippetsOf } from '../readme/snippets.ts'
import { imported } from '../readme/workbench.ts'

const nextServer = `type NextRequest = Request
class NextResponse extends Response {
  static next({ request: { headers } }: { request: { headers: Headers } }) {
    return new Response(headers.get('x-quota-left'))
  }
}`

test('of twelve requests ten pass, and the page learns what is left from the proxy alone', async () => {
  const { text } = snippetsOf('docs/frameworks/nextjs.md').find(({ heading }) => heading === 'proxy.ts')!
  const { proxy } = await imported<{ proxy(request: Request, event: unknown): Promise<Response> }>(
    'frameworks-next-proxy.ts',
    text.replace(/^import .* from 'next\/server'$/m, nextServer),
  )
  const ask = (client: string) =>
    proxy(new Request('https://shop.example/', { headers: { 'x-forwarded-for': client, 'x-quota-left': '99' } }), { waitUntil() {} })
  const answers: Response[] = []
  for (let i = 0; i < 12; i++) answers.push(await ask('203.0.113.1'))
  expect(answers.map(({ status }) => status)).toEqual([...Array(10).fill(200), 429, 429])
  expect([await answers[0]!.text(), answers[0]!.headers.get('ratelimit')]).toEqual(['9', '"ip";r=9;t=6'])
  expect((await ask('203.0.113.2')).status).toBe(200)
})
