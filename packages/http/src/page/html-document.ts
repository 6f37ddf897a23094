/**
 * The shell of every page that sluice serves: the head of the document, the colours and sizes, and text as HTML. The page of a refusal and
 * the pages of `@sluice/dashboard` share it.
 */

/** One page. */
export interface HtmlDocument {
  /** A language tag, or an empty text where the language is not known. */
  readonly lang: string
  /** The direction of the text. @default 'ltr' */
  readonly dir?: 'ltr' | 'rtl' | undefined
  /** Text, not HTML. */
  readonly title: string
  /** Rules that follow the shared ones. Nothing of a request may be in them. */
  readonly styles: string
  /** HTML. Its text is escaped already: see {@link escapeHtml}. */
  readonly body: string
  /** Lets a content security policy accept the styles. @default none */
  readonly nonce?: string | undefined
}

/**
 * The document as it is sent. It loads nothing.
 * @example
 * ```ts
 * htmlDocument({ lang: 'en', title: 'Your quota', styles: '', body: `<main>${escapeHtml(text)}</main>` })
 * ```
 */
export function htmlDocument({ lang, dir, title, styles, body, nonce }: HtmlDocument): string {
  return `<!doctype html>
<html lang="${escapeHtml(lang)}"${dir === 'rtl' ? ' dir="rtl"' : ''}>
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(title)}</title>
<style${nonce === undefined ? '' : ` nonce="${nonce}"`}>${tokens}${styles}</style>
</head>
<body>
${body}
</body>
</html>
`
}

/**
 * Text as HTML, for elements and for attribute values in quotes.
 * @example
 * ```ts
 * escapeHtml('<b>') // '&#60;b&#62;'
 * ```
 */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}

// On its surface `ink` has a contrast of at least 7:1 and `quiet` of 4.5:1, in both schemes (WCAG 2.2, 1.4.3 and 1.4.6).
const light =
  '--page:#f7f7f5;--surface:#fff;--line:#e4e4e0;--ink:#1b1c1e;--quiet:#5f636b;--accent:#0b6e8f;--near:#9a6700;--near-back:#fff4d6;--refused:#b3261e;--refused-back:#fdeceb'
const dark =
  '--page:#111214;--surface:#191b1e;--line:#2c2f34;--ink:#eceded;--quiet:#a0a5ad;--accent:#5cc2e0;--near:#f2c14e;--near-back:#3a2f12;--refused:#ff8a80;--refused-back:#3b1a19'
const tokens = `
:root{color-scheme:light dark;${light}}
@media (prefers-color-scheme:dark){:root{${dark}}}
body{margin:0;background:var(--page);color:var(--ink);font:16px/1.5 system-ui,sans-serif;font-variant-numeric:tabular-nums;overflow-wrap:anywhere}
main{box-sizing:border-box;margin:0 auto;padding:24px 16px}
h1{margin:0;font-size:28px;line-height:1.3;text-wrap:balance}
p{margin:0}
:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
`
