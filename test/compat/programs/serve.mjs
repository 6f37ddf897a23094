/** Serves at once, where a program is a file that runs. */
import { serve } from './serving.mjs'

await serve()
