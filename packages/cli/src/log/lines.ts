/** Lines of text, from bytes. A line has a bounded length. */

/** Longer lines are no requests. Their text is dropped while it comes, so that a file without a line break needs no memory. */
const longestLine = 65_536

/** The lines of each chunk. A line that is too long is one empty text. The last one may lack its end. */
export async function* linesOf(
  bytes: AsyncIterable<Uint8Array>,
): AsyncGenerator<{ readonly lines: readonly string[]; readonly cut: boolean }> {
  const decoder = new TextDecoder('utf-8')
  let rest = ''
  let tooLong = false
  for await (const chunk of bytes) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n')
    rest = lines.pop()!
    if (tooLong && lines.length > 0) lines[0] = ''
    if (lines.length > 0) tooLong = false
    for (let i = 0; i < lines.length; i++) if (lines[i]!.length > longestLine) lines[i] = ''
    if (rest.length > longestLine) {
      tooLong = true
      rest = ''
    }
    yield { lines, cut: false }
  }
  rest += decoder.decode()
  if (rest !== '' || tooLong) yield { lines: [tooLong ? '' : rest], cut: true }
}
