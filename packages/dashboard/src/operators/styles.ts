/** The styles of the operators' page, after those that all pages share. */
import { chartStyles } from './script.generated.ts'

const rules = [
  'main{max-width:1248px}',
  '.top,.row{display:flex;flex-wrap:wrap;align-items:baseline;justify-content:space-between;gap:4px 16px}.top{color:var(--quiet);margin-bottom:16px}',
  'section{margin-top:32px}h2{margin:0 0 8px;font-size:20px}h3{margin:0;font-size:16px;min-width:0}.quiet,.legend,caption,.empty{color:var(--quiet);font-size:13px}',
  '.notice{margin-top:12px;padding:8px 12px;border-radius:8px;background:var(--near-back)}.notice.refused{background:var(--refused-back)}',
  '.notice span,td.near{color:var(--near)}.notice.refused span,td.refused{color:var(--refused)}td.refused::before{content:"✕ "}td.near::before{content:"▲ "}',
  '.row{margin-bottom:8px}.row h2{margin:0}',
  '.card,#traffic{background:var(--surface);border:1px solid var(--line);border-radius:8px;padding:12px;box-sizing:border-box;min-width:0;overflow:hidden}#chart{margin-top:12px}',
  '.traffic{display:block;width:100%;height:180px}.traffic .admitted{fill:var(--accent)}.traffic .refused{fill:var(--refused)}',
  '.mark::before{content:"";display:inline-block;width:12px;height:12px;margin-right:4px;border-radius:2px;vertical-align:-1px}.mark.admitted::before{background:var(--accent)}.mark.refused::before{background:repeating-linear-gradient(135deg,var(--refused) 0 3px,var(--refused-back) 3px 5px)}',
  '.scroll{overflow-x:auto;background:var(--surface);border:1px solid var(--line);border-radius:8px}',
  'table{border-collapse:collapse;width:100%}caption{text-align:left;padding:8px 12px 0}',
  'th,td{padding:4px 12px;text-align:left;vertical-align:middle;border-top:1px solid var(--line);font-weight:400;overflow-wrap:normal}thead th{border-top:0;color:var(--quiet);font-size:13px;white-space:nowrap}',
  '.u-legend{color:var(--quiet);font-size:13px;margin-top:4px}.u-legend :is(th,td){border:0;padding:0 4px}.u-legend th>*{font-weight:400}',
  'th[scope=row]{overflow-wrap:anywhere;min-width:96px}.n{text-align:right;white-space:nowrap}',
  'button,input,select{font:inherit;color:inherit;min-height:44px;box-sizing:border-box}',
  'button{padding:4px 12px;border:1px solid var(--line);border-radius:8px;background:var(--surface);cursor:pointer}',
  'input,select{padding:4px 8px;border:1px solid var(--quiet);border-radius:8px;background:var(--surface);max-width:100%}',
  'button.open,button.sort{padding:0;border:0;background:none;text-align:inherit;color:var(--accent);min-width:44px}button.sort{color:inherit}th.n button{width:100%}',
  '[aria-sort=ascending] .sort::after{content:" ▲"}[aria-sort=descending] .sort::after{content:" ▼"}',
  // Without its script the page has nothing to press.
  'main:not([data-live]) :is(button.open,button.sort){pointer-events:none;color:inherit}main:not([data-live]) .js{display:none}',
  '.columns{display:grid;grid-template-columns:repeat(auto-fit,minmax(280px,1fr));gap:16px;align-items:start}.columns>*{min-width:0}',
  '.empty{padding:12px;background:var(--surface);border:1px dashed var(--line);border-radius:8px}',
  'dl{display:grid;grid-template-columns:repeat(auto-fit,minmax(240px,1fr));gap:8px 16px;margin:0 0 16px}dt{color:var(--quiet);font-size:13px}dd{margin:0}',
  '#health .scroll,#policy .scroll,#policy .empty{margin:12px 0}.actions{margin:0;padding-left:24px}code,kbd{font:13px ui-monospace,monospace}kbd{border:1px solid var(--line);border-radius:4px;padding:0 4px}',
  'dialog{box-sizing:border-box;width:min(560px,calc(100% - 32px));padding:16px;border:1px solid var(--line);border-radius:8px;background:var(--page);color:var(--ink)}dialog::backdrop{background:#0008}',
  'label{display:inline-flex;flex-wrap:wrap;align-items:center;gap:4px 8px}.buttons{display:flex;flex-wrap:wrap;gap:8px;margin:12px 0}#act-key label{display:flex;margin:8px 0}#act-yes{border-color:var(--refused);color:var(--refused)}',
  'form.preview{display:flex;flex-wrap:wrap;align-items:end;gap:8px 16px;margin:16px 0 8px}form.preview label{display:block}form.preview :is(input,textarea,select){display:block}textarea{font:13px ui-monospace,monospace;color:inherit;background:var(--surface);border:1px solid var(--quiet);border-radius:8px;padding:8px;max-width:100%;box-sizing:border-box}',
  '.note{position:fixed;inset:auto 16px 16px;padding:12px 16px;border-radius:8px;background:var(--ink);color:var(--surface);width:max-content;max-width:calc(100% - 64px);z-index:200}',
  '[hidden]{display:none!important}',
  '@media (max-width:640px){h1{font-size:20px}.scroll table{font-size:13px}th,td{padding:4px 8px}}',
]
export const styles: string = `${chartStyles}${rules.join('\n')}\n`
