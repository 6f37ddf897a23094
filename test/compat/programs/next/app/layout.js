/** The layout that Next.js asks for. */
import { createElement } from 'react'

// biome-ignore lint/style/noDefaultExport: Next.js takes the layout from it
export default function Layout({ children }) {
  return createElement('html', { lang: 'en' }, createElement('body', null, children))
}
