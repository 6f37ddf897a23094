/** Takes one at a time, in the order they came: two clients of one address would spend each other's allowance. */
export function turnstile(): (pass: () => Promise<void>) => Promise<void> {
  let last = Promise.resolve()
  return (pass) => {
    const turn = last.then(pass)
    last = turn.catch(() => undefined)
    return turn
  }
}
