/** Released HTTP clients, each as its own documentation sets it up to retry. */
import { Octokit } from '@octokit/core'
import { throttling } from '@octokit/plugin-throttling'
import axios from 'axios'
import axiosRetry from 'axios-retry'
import got from 'got'
import ky from 'ky'
import OpenAI from 'openai'
import { Agent, type Dispatcher, interceptors, RetryAgent, request } from 'undici'

/** Asks a server for `/export` and resolves with what it answered in the end. */
export type Client = (url: string) => Promise<unknown>

/** By name. */
export const clients: Readonly<Record<string, Client>> = {
  ky: (url) => ky.get(`${url}/export`).json(),

  got: (url) => got.get(`${url}/export`).json(),

  async 'axios with axios-retry'(url) {
    const client = axios.create()
    axiosRetry(client)
    return (await client.get<unknown>(`${url}/export`)).data
  },

  "undici's RetryAgent": (url) => through(new RetryAgent(new Agent()), url),

  "undici's retry interceptor": (url) => through(new Agent().compose(interceptors.retry()), url),

  'the OpenAI SDK': (url) => new OpenAI({ baseURL: url, apiKey: 'none' }).get('/export'),

  async 'octokit with its throttling plugin'(baseUrl) {
    const again = (_wait: number, _options: object, _octokit: object, tries: number): boolean => tries < 1
    const octokit = new (Octokit.plugin(throttling))({ baseUrl, throttle: { onRateLimit: again, onSecondaryRateLimit: again } })
    return (await octokit.request('GET /export')).data
  },
}

async function through(dispatcher: Dispatcher, url: string): Promise<unknown> {
  try {
    return await (await request(`${url}/export`, { dispatcher })).body.json()
  } finally {
    await dispatcher.close()
  }
}
