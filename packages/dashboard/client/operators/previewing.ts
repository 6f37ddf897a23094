/** The form that asks which limits a request would meet. */

/** Listens from now on, where the page has the form. */
export function startPreviewing(): void {
  const form = document.querySelector<HTMLFormElement>('#preview')
  if (form === null) return
  const [sentence, table] = document.querySelector('#previewed')!.children
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    void ask(form).then(({ message, html = '' }) => {
      sentence!.textContent = message
      table!.replaceChildren(...new DOMParser().parseFromString(html, 'text/html').body.childNodes)
    })
  })
}

async function ask(form: HTMLFormElement): Promise<{ readonly message: string; readonly html?: string }> {
  const headers = { 'X-Sluice-Preview': encodeURIComponent(JSON.stringify(Object.fromEntries(new FormData(form)))) }
  try {
    const response = await fetch(location.pathname, { method: 'POST', headers, cache: 'no-store', redirect: 'error' })
    return (await response.json()) as { readonly message: string; readonly html?: string }
  } catch {
    return { message: 'No answer came.' }
  }
}
