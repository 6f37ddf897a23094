/** The styles of the HTML report, light and dark. */
const rules = [
  ':root{color-scheme:light dark;--page:#f7f7f5;--surface:#fff;--line:#e4e4e0;--ink:#1b1c1e;--quiet:#5f636b;--accent:#0b6e8f;--near:#9a6700;--near-back:#fff4d6;--refused:#b3261e}',
  '@media (prefers-color-scheme:dark){:root{--page:#111214;--surface:#191b1e;--line:#2c2f34;--ink:#eceded;--quiet:#a0a5ad;--accent:#5cc2e0;--near:#f2c14e;--near-back:#3a2f12;--refused:#ff8a80}}',
  'body{margin:0;padding:24px 16px 48px;background:var(--page);color:var(--ink);font:16px/1.5 system-ui,sans-serif;font-variant-numeric:tabular-nums}',
  'main{max-width:1008px;margin:0 auto}',
  'h1{margin:0 0 8px;font-size:28px;line-height:1.25;overflow-wrap:anywhere}h2{margin:0 0 12px;font-size:20px;overflow-wrap:anywhere}',
  'p{margin:0 0 16px;overflow-wrap:anywhere}.quiet,figcaption,.ends{color:var(--quiet);font-size:13px}',
  '.note{padding:8px 12px;border-radius:8px;background:var(--near-back);color:var(--near)}',
  'section{margin:0 0 16px;padding:16px;background:var(--surface);border:1px solid var(--line);border-radius:8px}',
  'figure{margin:0 0 16px}svg{display:block;width:100%;height:160px;margin:4px 0;border-bottom:1px solid var(--line)}',
  'rect{shape-rendering:crispEdges}.admitted{fill:var(--accent)}.refused{fill:var(--refused)}.ends{display:flex;justify-content:space-between}',
  '.scroll{overflow-x:auto;margin:0 0 16px}.scroll:focus-visible{outline:2px solid var(--accent);outline-offset:2px}',
  'table{width:100%;border-collapse:collapse}th{color:var(--quiet);font-size:13px;font-weight:400;text-align:start}',
  'th,td{padding:4px 12px 4px 0;border-bottom:1px solid var(--line)}td{overflow-wrap:anywhere;min-width:80px}',
  '.number{text-align:end;white-space:nowrap;padding-right:0;padding-left:12px}',
  '@media (max-width:640px){h1{font-size:20px}}',
]
export const styles: string = `${rules.join('\n')}\n`
