/**
 * The script of the quota page: counts waits down, and asks for news every few seconds. Everything that it shows comes from the server, which
 * writes the same page again.
 */
import { type DurationForm, durationText } from '../src/durations.ts'
import { become } from './become.ts'

/** Milliseconds between two questions. A wait that has ended is asked about sooner, and what fails is asked again later and later. */
const everyMs = 5000
const soonestMs = 1000
const longestPauseMs = 30_000
const timeoutMs = 10_000

const main = document.querySelector('main')!
const [announcement, note] = document.querySelectorAll<HTMLElement>('[role=status]')
const { lang } = document.documentElement

let readAtMs = performance.now()
let dueMs = readAtMs + everyMs
let failures = 0
let isAsking = false
let timer: number | undefined

/** Waits are counted by the monotonic clock from the arrival of the page, so they end late rather than early. */
function countDown(): boolean {
  const elapsedMs = performance.now() - readAtMs
  let hasEnded = false
  for (const wait of main.querySelectorAll('time')) {
    const leftMs = Number(wait.dataset.ms) - elapsedMs
    hasEnded ||= leftMs <= 0
    const text = durationText(leftMs, wait.dataset.form as DurationForm, lang)
    if (wait.textContent !== text) wait.textContent = text
  }
  return hasEnded
}

/** By the reader's own clock and format. The server does not know them. */
function writeMoments(): void {
  for (const wait of main.querySelectorAll('time')) wait.title = new Date(Date.now() + Number(wait.dataset.ms)).toLocaleString(lang)
}

/** Once a second while the page is seen. In the background nothing runs, and one step catches up. */
function tick(): void {
  clearTimeout(timer)
  if (document.hidden || !('live' in main.dataset)) return
  const hasEnded = countDown()
  const nowMs = performance.now()
  if (!isAsking && (nowMs >= dueMs || (hasEnded && failures === 0 && nowMs >= dueMs - everyMs + soonestMs))) void ask()
  timer = setTimeout(tick, 1000 - ((nowMs - readAtMs) % 1000))
}

async function ask(): Promise<void> {
  isAsking = true
  let pauseMs = Math.min(longestPauseMs, 1000 * 2 ** (failures + 1))
  try {
    const headers = { Accept: 'text/html' }
    const response = await fetch(location.href, { headers, cache: 'no-store', redirect: 'manual', signal: AbortSignal.timeout(timeoutMs) })
    // Whoever has to sign in again sees the page for it.
    if (response.type === 'opaqueredirect') location.reload()
    pauseMs = Math.max(pauseMs, 1000 * Number(response.headers.get('retry-after')) || 0)
    const text = await response.text()
    // Without its style, which has a nonce that the policy of this page does not accept.
    const part = new DOMParser().parseFromString(text.slice(text.indexOf('<main')).split('</main>')[0]!, 'text/html')
    const next = part.querySelector<HTMLElement>('main[data-state]')
    if (response.status >= 500 || next === null) throw new TypeError('not a quota')
    take(next)
    pauseMs = everyMs
    failures = 0
  } catch {
    failures++
  }
  note!.hidden = failures === 0
  isAsking = false
  dueMs = performance.now() + pauseMs
  tick()
}

function take(next: HTMLElement): void {
  const { state } = main.dataset
  readAtMs = performance.now()
  become(main, next, { attributes: ['open'] })
  writeMoments()
  // A screen reader hears of a new state, and not of each second.
  if (state !== main.dataset.state) announcement!.textContent = main.querySelector('h1')!.textContent
}

document.addEventListener('visibilitychange', tick)
addEventListener('offline', () => (note!.hidden = false))
addEventListener('online', () => {
  dueMs = 0
  tick()
})
// Takes back the `Refresh` of the server, which is for readers without scripts: it would close what is open.
addEventListener('load', () => stop())
writeMoments()
tick()
