/**
 * Where everything random in the tests starts from: `SLUICE_SEED`, a whole number of 32 bits or `random`. Without it, it is always the
 * same, so that a run says of a change what it would have said of any other.
 */

const usual = 20_261_122

/** The seed of this run. */
export const seed: number = seedOf(process.env.SLUICE_SEED)

function seedOf(text: string | undefined): number {
  if (text === undefined || text === '') return usual
  if (text === 'random') return Math.floor(Math.random() * 2 ** 31)
  const chosen = Number(text)
  if (chosen !== (chosen | 0)) throw new Error(`SLUICE_SEED is ${text}: give it a whole number of 32 bits, or "random".`)
  return chosen
}

/** Numbers from 0 to 1, the same for the same seed. */
export function randomFrom(start: number): () => number {
  let state = start >>> 0
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}
