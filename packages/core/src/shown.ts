/** Values as messages show them. */

/** A value as JSON would have it, at most 80 characters of it; plain words without their quotes. */
export function shown(value: unknown): string {
  if (Array.isArray(value)) return value.map(shown).join(', ')
  if (typeof value === 'function') return 'a function'
  if (typeof value === 'bigint') return `${value}n`
  if (typeof value !== 'string' && (typeof value !== 'object' || value === null)) return String(value)
  const bare = typeof value === 'string' && isPlain(value) ? value : safeJson(value)
  return bare.length > 80 ? `${bare.slice(0, 80)}...` : bare
}

/** Whether a text can be told from other values without its quotes. */
function isPlain(text: string): boolean {
  return /^[\w .,:/`'()[\]>…-]+$/.test(text) && Number.isNaN(Number(text)) && !['true', 'false', 'null', 'undefined', 'NaN'].includes(text)
}

function safeJson(value: unknown): string {
  try {
    return JSON.stringify(value) ?? String(value)
  } catch {
    return Object.prototype.toString.call(value)
  }
}
