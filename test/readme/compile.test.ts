/** The code of every document compiles. One run of the compiler reads all of it. */
import { expect, test } from 'vitest'
import { documentPrograms } from './document-programs.ts'
import { compile } from './workbench.ts'

/** What the blocks stand among. */
const surroundings = {
  'mine.ts': `import type { AdapterUnderTest } from '@sluice/conformance/adapter'
export declare const mine: AdapterUnderTest`,
  'next.d.ts': `declare module 'next/server' {
  export class NextRequest extends Request {}
  export class NextResponse extends Response {
    static next(init?: { readonly request?: { readonly headers?: Headers } }): NextResponse
  }
}`,
  'bun.d.ts': `declare namespace Bun {
  interface Server<Data> { readonly data: Data; requestIP(request: Request): { readonly address: string } | null }
  function serve<Data>(options: { fetch(request: Request, server: Server<Data>): Promise<Response> }): void
}`,
}

const programs = documentPrograms().filter(({ extension }) => extension.startsWith('ts'))
const files = programs.map(({ extension, text }, at) => [`document.${at}.${extension}`, text] as const)
const complaints = (await compile('documents', { ...surroundings, ...Object.fromEntries(files) }))
  .split('\n')
  .filter((line) => line.includes('error TS'))

/** The program that a complaint is about. */
function programOf(complaint: string): string | undefined {
  return programs[Number(/document\.(\d+)\.tsx?\(/.exec(complaint)?.[1])]?.name
}

test.each(programs)('$name compiles', ({ name }) => {
  expect(complaints.filter((complaint) => programOf(complaint) === name)).toEqual([])
})

test('no complaint is about anything else', () => {
  expect(programs.length).toBeGreaterThan(100)
  expect(complaints.filter((complaint) => programOf(complaint) === undefined)).toEqual([])
})
