/** What a response says that it has used: in its JSON, or in the events of its stream. */
import { createBrotliDecompress, createUnzip } from 'node:zlib'
import { createParser } from 'eventsource-parser'
import type { EgressCost } from '../provider/costs.ts'

/** Reads a response while its caller consumes it. */
export interface UsageReader {
  push(chunk: Uint8Array): void
  /** The response is complete. */
  end(): EgressCost | undefined
}

/** A JSON response of more bytes than this is not read: it counts as its estimate. */
const mostBytes = 4_000_000

export function usageReader(contentType: string | null): UsageReader | undefined {
  if (contentType?.includes('text/event-stream')) return streamReader()
  return contentType?.includes('json') ? jsonReader() : undefined
}

/** Reads a response that may be compressed. */
export interface DecodedUsageReader {
  push(chunk: Uint8Array): void
  /** The response is complete. @param done - called once, perhaps later, with what was used */
  end(done: (used: EgressCost | undefined) => void): void
  /** The response was cut. */
  cut(): void
}

/** Encodings that Node can read. What is encoded otherwise counts as its estimate. */
const decoders: Readonly<Record<string, () => ReturnType<typeof createUnzip | typeof createBrotliDecompress>>> = {
  gzip: createUnzip,
  'x-gzip': createUnzip,
  deflate: createUnzip,
  br: createBrotliDecompress,
}

/** A reader for bytes as they come from the wire; `undefined` if nothing can be read of them. */
export function decodedUsageReader(contentType: string | null, encoding: string | null): DecodedUsageReader | undefined {
  const reader = usageReader(contentType)
  if (reader === undefined) return undefined
  if (encoding === null || encoding === '' || encoding === 'identity') {
    return { push: reader.push, end: (done) => done(reader.end()), cut() {} }
  }
  const decoder = decoders[encoding.toLowerCase()]?.()
  if (decoder === undefined) return undefined
  let failed = false
  decoder.on('data', (chunk: Uint8Array) => reader.push(chunk))
  decoder.on('error', () => {
    failed = true
  })
  return {
    push: (chunk) => void decoder.write(chunk),
    end(done) {
      decoder.once('close', () => done(failed ? undefined : reader.end()))
      decoder.end()
    },
    cut: () => void decoder.destroy(),
  }
}

function jsonReader(): UsageReader {
  const decoder = new TextDecoder()
  let text = ''
  return {
    push(chunk) {
      if (text.length <= mostBytes) text += decoder.decode(chunk, { stream: true })
    },
    end: () => (text.length > mostBytes ? undefined : costOf(countsIn(parsed(text + decoder.decode())))),
  }
}

/** Later events win: Anthropic counts the input at the start and the output at the end; OpenAI says all in its last chunk. */
function streamReader(): UsageReader {
  const decoder = new TextDecoder()
  let counts: Counts = {}
  const parser = createParser({
    onEvent({ data }) {
      if (data.includes('usage')) counts = { ...counts, ...countsIn(parsed(data)) }
    },
  })
  return {
    push: (chunk) => parser.feed(decoder.decode(chunk, { stream: true })),
    end: () => costOf(counts),
  }
}

interface Counts {
  readonly input?: number
  readonly output?: number
}

/** The `usage` of OpenAI and of Anthropic, also within `message` and `response`. Tokens read from a cache are not counted by either. */
function countsIn(value: unknown): Counts {
  const record = value as { usage?: unknown; message?: { usage?: unknown }; response?: { usage?: unknown } } | null
  const usage = (record?.usage ?? record?.message?.usage ?? record?.response?.usage) as Readonly<Record<string, unknown>> | null | undefined
  const number = (...names: readonly string[]): number | undefined =>
    names.map((name) => usage?.[name]).find((each): each is number => Number.isSafeInteger(each) && (each as number) >= 0)
  const input = number('prompt_tokens', 'input_tokens')
  const total = number('total_tokens')
  // Embeddings count no output.
  const output =
    number('completion_tokens', 'output_tokens') ??
    (input !== undefined && total !== undefined && total >= input ? total - input : undefined)
  return { ...(input === undefined ? {} : { input }), ...(output === undefined ? {} : { output }) }
}

function costOf({ input, output }: Counts): EgressCost | undefined {
  if (input === undefined || output === undefined) return undefined
  return { tokens: input + output, 'input-tokens': input, 'output-tokens': output }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
