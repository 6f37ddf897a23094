/** Displays values in messages. */

/** The value as JSON, cut after 80 characters. Plain words have no quotes: `soon`, but `"1"`. */
export function display(value: unknown): string {
  if (Array.isArray(value)) return value.map(display).join(', ')
  if (typeof value === 'function') return 'a function'
  if (typeof value === 'bigint') return `${value}n`
  if (typeof value !== 'string' && (typeof value !== 'object' || value === null)) return String(value)
  const bare = typeof value === 'string' && isPlain(value) ? value : safeJson(value)
  return bare.length > 80 ? `${bare.slice(0, 80)}...` : bare
}

/** Whether a text without its quotes cannot be taken for another value. */
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
