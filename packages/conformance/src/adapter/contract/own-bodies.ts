/** Bodies of refusals that the application makes: bytes, and what it makes later. */
import { tokenBucket } from '@sluice/core'
import type { HttpOptions } from '@sluice/http'
import { expect } from 'vitest'
import type { Reply } from '../http-client.ts'
import type { Trial } from '../trial.ts'

const limits = [{ name: 'ip', rule: tokenBucket({ capacity: 2, per: '1m' }), initial: 0 }]

export function ownBodiesContract({ open, describe, test }: Trial): void {
  const refusal = async (guard: HttpOptions<unknown>, method = 'GET'): Promise<Reply> =>
    (await open({ limits, ...guard })).ask({ path: '/', method })
  const later = () => new Promise<void>((resolve) => setTimeout(resolve, 1))
  const bytes = new TextEncoder().encode('<slow>')

  describe('a body of the application', () => {
    test.each<[string, NonNullable<HttpOptions<unknown>['body']>]>([
      ['bytes', () => bytes],
      ['a buffer', () => Buffer.from(bytes)],
      ['a view of a part', () => new DataView(new TextEncoder().encode('..<slow>..').buffer, 2, 6)],
      ['an ArrayBuffer', () => bytes.slice().buffer],
      ['bytes that come later', () => later().then(() => bytes)],
    ])('may be %s, sent as they are', async (_what, body) => {
      const reply = await refusal({ body })
      expect(reply).toMatchObject({ status: 429, body: '<slow>' })
      expect(reply.headers).toMatchObject({ 'content-type': 'application/octet-stream', 'content-length': '6', 'retry-after': '30' })
    })

    test('has no bytes where HEAD is refused', async () => {
      expect(await refusal({ body: () => bytes }, 'HEAD')).toMatchObject({ status: 429, body: '', headers: { 'retry-after': '30' } })
    })

    test('and a sentence of its own may come later', async () => {
      const data = await refusal({ body: () => later().then(() => ({ error: 'slow' })) })
      expect(data).toMatchObject({ status: 429, body: '{"error":"slow"}', headers: { 'retry-after': '30' } })
      const sentence = await refusal({ message: () => later().then(() => 'Enough.') })
      expect(JSON.parse(sentence.body)).toMatchObject({ detail: 'Enough.' })
    })

    test('that is a stream or a response is a fault, which leaves the refusal in our words', async () => {
      for (const opaque of [new ReadableStream(), new Response('slow'), new Blob(['slow']), new PipeOfNobody()]) {
        const reply = await refusal({ body: () => opaque, onFault: 'allow' })
        expect([reply.status, JSON.parse(reply.body).title]).toEqual([429, 'Quota Exceeded'])
      }
    })
  })
}

/** Something that pipes, as the streams of Node. */
class PipeOfNobody {
  pipe(): void {
    throw new Error('nothing is sent from here')
  }
}
