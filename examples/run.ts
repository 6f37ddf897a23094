/** `pnpm example <name>`: runs one of the examples until it is interrupted, and says what to type next. */
import { readdirSync } from 'node:fs'
import { answerHelp, printUsage } from '../scripts/help.ts'

answerHelp('example')
const url = `http://localhost:${process.env.PORT ?? 3000}`
const login = (password: string) =>
  `curl -i ${url}/login -H 'content-type: application/json' -d '{"account":"ada","password":"${password}"}'`

/** What shows the limits of a server with routes of every kind. */
const ofRoutes = [
  `for i in 1 2 3 4 5 6 7 8 9 10 11 12; do curl -s -o /dev/null -w '%{http_code} ' ${url}/; done   # ten pass, then 429`,
  `curl -i ${url}/          # a refusal: its headers, and one line of text`,
  `curl -i ${url}/search    # costs 5 of the 10 units`,
  `curl -i ${url}/health    # is not limited`,
  `${login('guess')}   # the sixth is refused`,
]

/** What to type in another terminal, by name of the example. */
const next: Readonly<Record<string, readonly string[]>> = {
  fastify: ofRoutes,
  express: ofRoutes,
  hono: ofRoutes,
  nestjs: ofRoutes,
  'llm-proxy': [
    `curl -i ${url}/chat -H 'x-user: ada' -H 'content-type: application/json' -d '{"prompt":"hello","max_tokens":500}'`,
    `curl -s ${url}/status    # the windows of the provider. Ada has 2,000 tokens a minute`,
  ],
  'open-platform': [
    `for i in 1 2 3 4 5 6; do curl -s -o /dev/null -w '%{http_code} ' ${url}/v1/orders -H 'x-application: shop'; done`,
    `curl -i ${url}/v1/orders -H 'x-application: shop' -H 'x-seller: ada'    # the layers in its headers`,
    `PLATFORM_URL=${url} npx -y pnpm@12.21.0 example open-platform-client`,
  ],
  operators: [
    `open ${url}/operators in a browser, as ann with the password sesame`,
    `for i in $(seq 30); do curl -s -o /dev/null -w '%{http_code} ' ${url}/ -H 'x-user: eve'; done   # and see whom it refuses`,
  ],
  quota: [`open ${url}/as/bob in a browser, and press the button until it greys out`, `open ${url}/quota for the quota page`],
}

const servers = readdirSync(import.meta.dirname)
  .filter((file) => file.endsWith('.ts') && !['run.ts', 'demo.ts'].includes(file))
  .map((file) => file.slice(0, -'.ts'.length))

const name = process.argv[2] ?? ''
if (servers.includes(name)) {
  await import(`./${name}.ts`)
  const lines = next[name] ?? []
  if (lines.length > 0) console.log(`\nIn another terminal:\n\n  ${lines.join('\n  ')}\n\nCtrl-C ends it.`)
} else {
  printUsage('example')
  console.log(`\n  The names are: ${servers.join(', ')}.`)
  process.exitCode = 1
}
