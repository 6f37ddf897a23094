/**
 * A refusal as a page for people: one self-contained document without script, readable with styles blocked.
 *
 * A bar runs out with the wait and then says that it is over. Both are CSS alone, so a strict content security policy costs the bar and
 * nothing else. The page never reloads by itself, since that would be a request that the reader did not make.
 */

/** What the page says. All of it is text: markup in it is shown, not run. */
export interface RefusalPage {
  /** `null` where the application wrote the sentence, in a language of its choice: then no word on the page is ours. */
  readonly heading: string | null
  readonly sentence: string
  readonly retryAfterSeconds: number | null
}

/** No reader watches a bar for longer. */
const longestBarSeconds = 600

export function refusalPage({ heading, sentence, retryAfterSeconds }: RefusalPage): string {
  const title = escapeHtml(heading ?? sentence)
  const text = heading === null ? '' : `<p>${escapeHtml(sentence)}</p>\n`
  const seconds = retryAfterSeconds !== null && retryAfterSeconds <= longestBarSeconds ? retryAfterSeconds : null
  const bar = seconds === null ? '' : countdown(seconds) + (heading === null ? '' : afterwards(seconds))
  return `<!doctype html>
<html lang="${heading === null ? '' : 'en'}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<style>${styles}</style>
</head>
<body>
<main>
<h1>${title}</h1>
${text}${bar}</main>
</body>
</html>
`
}

function countdown(seconds: number): string {
  return `<div class="bar" aria-hidden="true"><div style="animation-duration:${seconds}s"></div></div>\n`
}

/** `hidden` is undone by the style that times the line: without styles it must not say so at once. */
function afterwards(seconds: number): string {
  return `<p class="over" hidden style="animation-delay:${seconds}s">You can try again now.</p>\n`
}

/** Text and attribute values alike. */
function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}

// Contrast is at least 7:1 in both schemes (WCAG 2.2, 1.4.6).
const rules = [
  ':root { color-scheme: light dark; --ink: #1b1f24; --soft: #4a525c; --paper: #f6f7f9; --card: #fff; --line: #d9dde3; --run: #2563eb }',
  '@media (prefers-color-scheme: dark) { :root { --ink: #eef1f5; --soft: #b3bcc8; --paper: #101318; --card: #191e25; --line: #2e3641; --run: #7aa7ff } }',
  'body { margin: 0; min-height: 100vh; display: grid; place-items: center; background: var(--paper); color: var(--ink); font: 1.0625rem/1.6 system-ui, sans-serif }',
  'main { box-sizing: border-box; width: min(34rem, 100% - 2rem); padding: 2.5rem; background: var(--card); border: 1px solid var(--line); border-radius: 1rem }',
  'h1 { margin: 0 0 .5rem; font-size: 1.5rem; line-height: 1.25 }',
  'p { margin: 0; color: var(--soft); overflow-wrap: anywhere }',
  '.bar { height: .375rem; margin-top: 1.5rem; border-radius: 1rem; background: var(--line); overflow: hidden }',
  '.bar div { height: 100%; background: var(--run); transform-origin: left; animation: run linear forwards }',
  '.over { display: block; margin-top: .75rem; visibility: hidden; animation: over 0s forwards }',
  '@keyframes run { to { transform: scaleX(0) } }',
  '@keyframes over { to { visibility: visible } }',
  '@media (prefers-reduced-motion: reduce) { .bar { display: none } }',
]
const styles = `\n${rules.join('\n')}\n`
