/** A chart of the last fifteen minutes: what was admitted, and above it what was refused. */
import uPlot from 'uplot'

/** A chart as the server sends it: one number a second, `null` before the first. */
export interface Series {
  /** The second of the last numbers. */
  readonly second: number
  readonly admitted: readonly (number | null)[]
  readonly refused: readonly (number | null)[]
}

/** A chart on the page. */
export interface Chart {
  add(second: number, admitted: number, refused: number): void
  replace(series: Series): void
  remove(): void
}

const seconds = 900
const height = 200

/** @param place - an element that has the width of the chart */
export function drawChart(place: HTMLElement, series: Series): Chart {
  let { second } = series
  let admitted = [...series.admitted]
  let refused = [...series.refused]
  const widthOf = (): number => Math.max(200, place.clientWidth - 24)
  let plot = make()

  /** Refused stands on admitted: its line is the sum. */
  function data(): uPlot.AlignedData {
    const times = admitted.map((_, i) => second - admitted.length + 1 + i)
    const sums = admitted.map((value, i) => (value === null ? null : value + (refused[i] ?? 0)))
    return [times, sums, admitted]
  }

  function make(): uPlot {
    const colours = getComputedStyle(document.documentElement)
    const colour = (name: string): string => colours.getPropertyValue(`--${name}`).trim()
    const times = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' })
    const moments = new Intl.DateTimeFormat(undefined, { timeStyle: 'medium' })
    const axis: uPlot.Axis = {
      stroke: colour('quiet'),
      grid: { stroke: colour('line'), width: 1 },
      ticks: { stroke: colour('line'), width: 1 },
    }
    const numbers = new Intl.NumberFormat(undefined, { maximumFractionDigits: 1 })
    const textOf = (value: number | null): string => (value === null || value === undefined ? '–' : numbers.format(value))
    const own = new uPlot(
      {
        width: widthOf(),
        height,
        padding: [8, 32, 0, 0],
        cursor: { points: { show: false }, drag: { x: true, y: false } },
        scales: { y: { range: (_plot, _min, max) => [0, Math.max(1, max * 1.1)] } },
        axes: [
          { ...axis, values: (_plot, values) => values.map((value) => times.format(value * 1000)) },
          { ...axis, size: 56, values: (_plot, values) => values.map((value) => textOf(value)) },
        ],
        series: [
          { label: 'Time', value: (_plot, value) => (value === null ? '–' : moments.format(value * 1000)) },
          // The refused are what lies between the two lines. Dashes tell them apart without their colour.
          {
            label: 'Refused',
            stroke: colour('refused'),
            fill: colour('refused-back'),
            dash: [4, 3],
            width: 1.5,
            value: (plot, _value, _series, i) => textOf(i === null ? null : (plot.data[1]?.[i] ?? 0) - (plot.data[2]?.[i] ?? 0)),
          },
          {
            label: 'Admitted',
            stroke: colour('accent'),
            fill: `${colour('accent')}66`,
            width: 1.5,
            value: (_plot, value) => textOf(value),
          },
        ],
      },
      data(),
      place,
    )
    own.root.setAttribute('role', 'img')
    own.root.setAttribute('aria-label', 'Decisions a second in the last 15 minutes. The table of limits has the numbers.')
    return own
  }

  const redraw = (): void => {
    plot.destroy()
    plot = make()
  }
  const resized = new ResizeObserver(() => plot.setSize({ width: widthOf(), height }))
  resized.observe(place)
  const schemes = matchMedia('(prefers-color-scheme: dark)')
  schemes.addEventListener('change', redraw)

  /** A part that the reader has zoomed in on stays. */
  function show(): void {
    const { min, max } = plot.scales.x!
    const [times] = plot.data
    const isZoomed = min !== undefined && max !== undefined && (min > times[0]! || max < times.at(-1)!)
    plot.setData(data(), !isZoomed)
  }

  return {
    add(next, passed, lost) {
      // Seconds that this page has missed are unknown.
      for (second = Math.max(second, next - seconds); second < next - 1; second++) push(null, null)
      if (next <= second) return
      second = next
      push(passed, lost)
      show()
    },
    replace(latest) {
      second = latest.second
      admitted = [...latest.admitted]
      refused = [...latest.refused]
      show()
    },
    remove() {
      resized.disconnect()
      schemes.removeEventListener('change', redraw)
      plot.destroy()
    },
  }

  function push(passed: number | null, lost: number | null): void {
    admitted = [...admitted, passed].slice(-seconds)
    refused = [...refused, lost].slice(-seconds)
  }
}
