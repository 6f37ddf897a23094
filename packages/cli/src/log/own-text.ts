/** Texts of their own. What is cut out of a line keeps the whole chunk of the log in memory, and is hashed anew in each table. */

/** Texts that are remembered. */
const mostRemembered = 100_000

/** A function that returns an equal text which holds no other memory: the same object for the same text, mostly. */
export function ownTexts(): (text: string) => string {
  const known = new Map<string, string>()
  return (text) => {
    const same = known.get(text)
    if (same !== undefined) return same
    if (known.size >= mostRemembered) known.clear()
    const own = Buffer.from(text, 'utf16le').toString('utf16le')
    known.set(own, own)
    return own
  }
}
