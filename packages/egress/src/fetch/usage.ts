/** What a response says that it has used: in its JSON, or in the events of its stream. */
import { createParser } from 'eventsource-parser'
import type { EgressCost } from '../provider/costs.ts'

/** Reads a response while somebody else consumes it. */
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
  const output = number('completion_tokens', 'output_tokens')
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
