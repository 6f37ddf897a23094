/** The last fifteen minutes as a picture, for readers without scripts and until the chart is drawn. */
import type { LiveSeries } from '../live/process-figures.ts'

/** Seconds of one point, and the height of the picture. */
const step = 5
const height = 100

/** An area of what was admitted, and above it one of what was refused. */
export function trafficPicture({ admitted, refused }: LiveSeries): string {
  const points = admitted.length / step
  const sumOf = (series: LiveSeries['admitted'], i: number): number =>
    series.slice(i * step, (i + 1) * step).reduce<number>((sum, value) => sum + (value ?? 0), 0) / step
  const passed = Array.from({ length: points }, (_, i) => sumOf(admitted, i))
  const all = passed.map((rate, i) => rate + sumOf(refused, i))
  const most = Math.max(1, ...all)
  const line = (rates: readonly number[]): string =>
    rates.map((rate, i) => `${i},${Math.round((1 - rate / most) * height * 10) / 10}`).join(' ')
  const area = (rates: readonly number[], kind: string): string =>
    `<polygon class="${kind}" points="0,${height} ${line(rates)} ${points - 1},${height}"/>`
  return `<svg class="traffic" viewBox="0 0 ${points - 1} ${height}" preserveAspectRatio="none" role="img"><title>Decisions a second in the last 15 minutes: at most ${Math.round(most)}.</title>${area(all, 'refused')}${area(passed, 'admitted')}</svg>`
}
