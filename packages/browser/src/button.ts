/** A button that greys out while calls would be refused, and a banner with the same words. */
import type { Quota, QuotaState } from './quota.ts'

/** Texts that people see. Times are seconds; `undefined` where the server told none. */
export interface Words {
  /** The label of the button while it waits: `Try again in 12 s`. */
  wait(seconds: number | undefined): string
  /** The hint near the limit: `3 left, refills in 12 s`. */
  left(remaining: number, seconds: number | undefined): string
  /** What a screen reader says when the button is back. */
  readonly back: string
  /** The button that closes the banner. */
  readonly dismiss: string
}

/** Options of `bind`. */
export interface BindOptions {
  /** An element for the same words, with a button that closes them. They come back after a new refusal. @default none */
  readonly banner?: HTMLElement | undefined
  /** Texts in place of the English ones. @default English */
  readonly words?: Partial<Words> | undefined
}

/** Rounded up, so that no one is sent back too early. */
function duration(seconds: number): string {
  if (seconds < 120) return `${seconds} s`
  if (seconds < 7200) return `${Math.ceil(seconds / 60)} min`
  return seconds < 172_800 ? `${Math.ceil(seconds / 3600)} h` : `${Math.ceil(seconds / 86_400)} days`
}

const english: Words = {
  wait: (seconds) => (seconds === undefined ? 'Try again shortly' : `Try again in ${duration(seconds)}`),
  left: (remaining, seconds) => `${remaining} left${seconds === undefined ? '' : `, refills in ${duration(seconds)}`}`,
  back: 'You can try again now.',
  dismiss: 'Dismiss',
}

const unseen = 'position:absolute;clip-path:inset(50%);white-space:nowrap'

/** @param times - how many times calls were limited so far, so that a closed banner stays closed until the next time */
export function bindButton(quota: Quota, button: HTMLElement, times: () => number, { banner, words }: BindOptions = {}): () => void {
  if (!(button instanceof HTMLElement)) throw new TypeError(`sluice: bind needs an element, but got ${String(button)}`)
  const say = { ...english, ...words }
  const [hint, spoken, message] = ['small', 'span', 'span'].map((tag) => document.createElement(tag))
  const close = document.createElement('button')
  // Not one that sends the form.
  close.type = 'button'
  spoken!.role = 'status'
  spoken!.style.cssText = unseen
  button.after(hint!, spoken!)
  close.textContent = say.dismiss
  close.onclick = hide
  banner?.append(message!, close)
  let label: readonly Node[] | undefined
  let announced = times()

  function hide(): void {
    if (banner !== undefined) banner.hidden = true
  }

  function greyOut(text: string): void {
    if (label === undefined) {
      label = [...button.childNodes]
      button.ariaDisabled = 'true'
      button.style.opacity = '.5'
      spoken!.textContent = text
    }
    button.textContent = text
    message!.textContent = text
    if (banner !== undefined && announced !== times()) banner.hidden = false
    announced = times()
  }

  function bringBack(): void {
    if (label === undefined) return
    button.replaceChildren(...label)
    button.ariaDisabled = null
    button.style.opacity = ''
    label = undefined
    spoken!.textContent = say.back
    hide()
  }

  function update({ status, remaining, seconds }: QuotaState = quota.state): void {
    if (status === 'limited') greyOut(say.wait(seconds))
    else bringBack()
    hint!.textContent = status === 'near' && remaining !== undefined ? say.left(remaining, seconds) : ''
  }

  /** The state of this moment counts, even where no timer has run for a while. */
  function guard(event: Event): void {
    update()
    if (label === undefined) return
    event.preventDefault()
    event.stopImmediatePropagation()
  }

  button.addEventListener('click', guard, true)
  hide()
  const stop = quota.subscribe(update)
  update()
  return () => {
    stop()
    button.removeEventListener('click', guard, true)
    bringBack()
    for (const part of [hint, spoken, message, close]) part!.remove()
  }
}
