/** Takes one at a time, in the order they came: two clients of one address would spend each other's allowance. */
export function turnstile(): <T>(pass: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve()
  return (pass) => {
    const turn = last.then(pass)
    last = turn.catch(() => undefined)
    return turn
  }
}
