/** Pictures of what rules admit over time, drawn from what the real deciders answer to callers who take whatever they can get. */
import { createLimiter, type Limit, type MaybePromise, memoryStore, type Reservation } from '@sluice/core'
import { manualClock } from '@sluice/core/testing'

/** What is drawn. */
export interface Scene {
  readonly limits: readonly Limit<string>[]
  /** Who asks, and from which column on; in each column in this order. */
  readonly callers: Readonly<Record<string, number>>
  readonly startMs: number
  readonly columns: number
  readonly columnMs: number
  /** Columns after which what was admitted is given back; for slots. */
  readonly heldFor?: number
  /** What stands under the picture, by column. */
  readonly marks: Readonly<Record<number, string>>
}

/** A bar for each column, as high as what was admitted then; one shade for each caller. */
export async function picture(scene: Scene): Promise<string> {
  const shades = ['█', '▒', '░']
  const columns = (await admittedIn(scene)).map((byCaller) => byCaller.map((units, at) => shades[at]!.repeat(units)).join(''))
  const height = Math.max(...columns.map((column) => column.length))
  const rows = Array.from({ length: height }, (_, fromTop) => {
    const level = height - fromTop
    const isNamed = level === height || level === height / 2
    return `${isNamed ? String(level).padStart(2) : '  '} ${isNamed ? '┤' : '│'}${columns.map((column) => column[level - 1] ?? ' ').join('')}`
  })
  const axis = Array.from({ length: scene.columns }, (_, at) => (at in scene.marks ? '┬' : '─')).join('')
  const lines = [...rows, `   └${axis}`, `    ${marksUnder(scene)}`]
  const legend =
    Object.keys(scene.callers).length < 2
      ? []
      : [
          '',
          `    ${Object.keys(scene.callers)
            .map((name, at) => `${shades[at]} ${name}`)
            .join('   ')}`,
        ]
  return [...lines, ...legend].map((line) => line.trimEnd()).join('\n')
}

function marksUnder({ marks }: Scene): string {
  let line = ''
  for (const [column, mark] of Object.entries(marks)) line = line.padEnd(Number(column)) + mark
  return line
}

/** Units admitted, by column and caller. */
async function admittedIn({ limits, callers, startMs, columns, columnMs, heldFor }: Scene): Promise<number[][]> {
  const clock = manualClock(startMs)
  const limiter = createLimiter<string>({ limits, store: memoryStore({ clock }) })
  const holds: { readonly until: number; readonly reservation: Reservation }[] = []
  const seen: number[][] = []
  for (let column = 0; column < columns; column++) {
    clock.setMs(startMs + column * columnMs)
    for (const hold of holds) if (hold.until === column) await hold.reservation.cancel()
    const byCaller: number[] = []
    for (const [caller, from] of Object.entries(callers)) {
      byCaller.push(
        column < from
          ? 0
          : await take(
              () => limiter.reserve(caller),
              (reservation) => holds.push({ until: column + (heldFor ?? Infinity), reservation }),
            ),
      )
    }
    seen.push(byCaller)
  }
  return seen
}

/** Takes units one by one until one is refused. */
async function take(ask: () => MaybePromise<Reservation>, taken: (reservation: Reservation) => void): Promise<number> {
  for (let units = 0; ; units++) {
    const reservation = await ask()
    if (!reservation.decision.allowed) return units
    taken(reservation)
  }
}
