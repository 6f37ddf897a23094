/**
 * A refusal as a page for people: one self-contained document without script, readable with styles blocked.
 *
 * A bar and the seconds in the button run out with the wait, and then the button becomes a link that asks again. All of it is CSS alone, so
 * a strict content security policy of the application costs the countdown and nothing else.
 */
import { escapeHtml, htmlDocument } from '../page/html-document.ts'

/** What the page says. All of it is text: markup in it is shown, not run. */
export interface RefusalPage {
  /** The title of the window. `null` where the application wrote the sentence, in a language of its choice: then no word on the page is ours. */
  readonly heading: string | null
  readonly sentence: string
  readonly retryAfterSeconds: number | null
  /** The limits that refused, in words. @default none */
  readonly limits?: readonly string[]
  /** Whether to ask again is safe: a link sends GET, whatever was refused. */
  readonly isSafe: boolean
}

/** A day. No reader waits for longer. */
const longestSeconds = 86_400

/** Seconds are counted up to here, and no longer wait is. As the button of `@sluice/browser` does. */
const longestCountedSeconds = 119

export function refusalPage({ heading, sentence, retryAfterSeconds, limits = [], isSafe }: RefusalPage): string {
  const isOurs = heading !== null
  const hasEnd = retryAfterSeconds !== null && retryAfterSeconds <= longestSeconds
  const quiet = limits.map((limit) => `<p class="quiet">${escapeHtml(limit)}</p>\n`).join('')
  return htmlDocument({
    lang: isOurs ? 'en' : '',
    title: heading ?? sentence,
    styles,
    body: `<main>
<h1>${escapeHtml(sentence)}</h1>
${hasEnd ? countdown(retryAfterSeconds) + afterwards(retryAfterSeconds, isOurs, isSafe) : ''}${isOurs ? quiet : ''}</main>`,
  })
}

function countdown(seconds: number): string {
  return `<div class="bar" aria-hidden="true"><div style="animation-duration:${seconds}s"></div></div>\n`
}

/** `hidden` is undone by the styles that time the two: without styles neither must be there at once. */
function afterwards(seconds: number, isOurs: boolean, isSafe: boolean): string {
  const over = `hidden style="animation-delay:${seconds}s"`
  if (!isSafe) return isOurs ? `<p class="again"><span class="over" ${over}>You can try again now.</span></p>\n` : ''
  const label = isOurs ? 'Try again' : '↻'
  const left = isOurs ? remaining(seconds) : ''
  const wait = `<span class="wait" aria-hidden="true" hidden style="animation-delay:${seconds}s">${label}${left}</span>`
  return `<p class="again">${wait}<a class="over" href="" ${over}>${label}</a></p>\n`
}

/** Where styles cannot count, the button names no seconds, which would stay as they are. */
function remaining(seconds: number): string {
  if (seconds > longestCountedSeconds) return ''
  return `<span class="left" style="--s:${seconds};animation:left ${seconds}s steps(${seconds}) forwards"></span>`
}

const rules = [
  'body{min-height:100vh;display:grid;place-items:center}',
  'main{width:min(640px,100% - 32px);padding:32px;background:var(--surface);border:1px solid var(--line);border-radius:8px}',
  '.quiet{color:var(--quiet);font-size:13px;margin-top:16px}.quiet~.quiet{margin-top:0}',
  '.bar{height:8px;margin-top:24px;border-radius:8px;background:var(--line);overflow:hidden}',
  '.bar div{height:100%;background:var(--accent);transform-origin:left;animation:run linear forwards}',
  '.again{display:grid;width:max-content;margin-top:24px}',
  '.again>*{grid-area:1/1;display:grid;grid-auto-flow:column;align-content:center;justify-content:start;min-width:44px;min-height:44px}',
  '.wait,a.over{justify-content:center!important;border-radius:8px}',
  '.wait{min-width:184px!important;background:var(--line);color:var(--quiet);white-space:pre;animation:hide 0s forwards}',
  'a.over{background:var(--accent);color:var(--surface);text-decoration:none}',
  '.again .over{visibility:hidden;animation:show 0s forwards}',
  // Browsers that know this also count with a registered property. In others an animation of it would be wrong from half of the wait on.
  '@property --s{syntax:"<integer>";inherits:true;initial-value:0}',
  '@supports (transition-behavior:allow-discrete){.left::after{counter-reset:s var(--s);content:" in " counter(s) " s"}}',
  '@keyframes left{to{--s:0}}',
  '@keyframes run{to{transform:scaleX(0)}}',
  '@keyframes show{to{visibility:visible}}',
  '@keyframes hide{to{visibility:hidden}}',
  '@media (prefers-reduced-motion:reduce){.bar{display:none}}',
]
const styles = `${rules.join('\n')}\n`
