/** What `workerd test` runs. Workers have no clock before the first event, so the program loads inside one. */
export default {
  async test() {
    await import('./throttle.mjs')
  },
}
