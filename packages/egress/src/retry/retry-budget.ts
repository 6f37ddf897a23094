/** A budget for retries, so that they never become the load: gRPC's A6. */

export interface RetryBudget {
  failed(): void
  succeeded(): void
  /** Whether a failed call may be tried again. */
  allows(): boolean
}

const most = 10
/** What a success earns. Thousandths, so that sums stay exact. */
const earned = 100

/** Full at first: five failures in a row stop all retries, and each ten successes allow one more. */
export function retryBudget(): RetryBudget {
  let thousandths = most * 1000
  return {
    failed() {
      thousandths = Math.max(0, thousandths - 1000)
    },
    succeeded() {
      thousandths = Math.min(most * 1000, thousandths + earned)
    },
    allows: () => thousandths > (most * 1000) / 2,
  }
}
