/** Throttles and serves when `workerd test` asks it to, where a program is an object with handlers. */
import { serve } from './serving.mjs'
import { throttle } from './throttling.mjs'

export default {
  async test() {
    throttle()
    await serve()
  },
}
