/** The dialog for one key: inspect, block, lift the block, reset. It asks once, and says what has become of it. */

const dialog = document.querySelector<HTMLDialogElement>('#act')!
const form = dialog.querySelector('form')!
const result = dialog.querySelector<HTMLElement>('#act-said')!
const sure = dialog.querySelector<HTMLElement>('#act-sure')!
const yes = dialog.querySelector<HTMLButtonElement>('#act-yes')!
const chosen = dialog.querySelector<HTMLElement>('#act-key')!
const limits = form.elements.namedItem('limit') as HTMLSelectElement
const key = form.elements.namedItem('key') as HTMLInputElement
const duration = form.elements.namedItem('duration') as HTMLSelectElement

/** The key of a row; `undefined` where the reader writes one. */
let row: { readonly token: string; readonly limit: string; readonly label: string } | undefined
let verb = ''

const nameOfKey = (): string => (row === undefined ? `${key.value} of ${limits.value}` : `${row.label} of ${row.limit}`)

function open(): void {
  dialog.querySelector('h2')!.textContent = row === undefined ? 'Another key' : nameOfKey()
  chosen.hidden = row !== undefined
  result.textContent = ''
  sure.hidden = true
  dialog.showModal()
}

/** One question, and the answer is the action itself. */
function ask(): void {
  const what = {
    block: `block ${nameOfKey()} for ${duration.selectedOptions[0]!.text}`,
    lift: `lift the block of ${nameOfKey()}`,
    reset: `reset ${nameOfKey()}`,
  }
  yes.textContent = `Yes, ${what[verb as keyof typeof what]}`
  sure.hidden = false
  yes.focus()
}

async function act(): Promise<void> {
  sure.hidden = true
  result.textContent = '…'
  const action = {
    verb,
    ...(row === undefined ? { limit: limits.value, key: key.value } : { limit: row.limit, token: row.token }),
    ...(verb === 'block' ? { duration: duration.value } : {}),
  }
  try {
    const headers = { 'X-Sluice-Action': encodeURIComponent(JSON.stringify(action)) }
    const response = await fetch(location.pathname, { method: 'POST', headers, cache: 'no-store', redirect: 'error' })
    result.textContent = ((await response.json()) as { readonly message: string }).message
  } catch {
    result.textContent = 'No answer came. Look at the list below before you try again.'
  }
}

/** Opens the dialog for the key of a row. */
export function actOn({ token = '', limit = '', label = '' }: DOMStringMap): void {
  row = { token, limit, label }
  open()
}

/** Listens from now on. */
export function startActing(): void {
  document.querySelector('#other')!.addEventListener('click', () => {
    row = undefined
    const names = [...document.querySelectorAll<HTMLElement>('#limits button.limit')].map((button) => button.dataset.limit!)
    limits.replaceChildren(...names.map((name) => new Option(name, name)))
    open()
  })
  dialog.addEventListener('click', ({ target }) => {
    const { value = '', id } = target as HTMLButtonElement
    if (id === 'act-yes') void act()
    else if (id === 'act-no') sure.hidden = true
    else if ((target as Element).matches('button[type=button][value]') && value !== '') {
      verb = value
      if (verb === 'inspect') void act()
      else ask()
    }
  })
}
