/** The styles of the quota page, after those that all pages share. Sides are those of the text, so that they turn with its direction. */
const rules = [
  'main{max-width:1008px}',
  '.top{display:flex;flex-wrap:wrap;justify-content:space-between;gap:0 16px;color:var(--quiet);margin-bottom:24px}',
  '.unseen{position:absolute;clip-path:inset(50%);width:1px;height:1px;overflow:hidden;white-space:nowrap}',
  '.chip{display:inline-block;padding:4px 12px;border-radius:8px;background:var(--line);margin-bottom:12px;font-size:13px}',
  '.chip.near{background:var(--near-back)}.chip.refused{background:var(--refused-back)}',
  '.chip.near span,p.near span,span.near span{color:var(--near)}.chip.refused span,p.refused span,span.refused span{color:var(--refused)}',
  '.more{margin-top:8px;color:var(--quiet)}',
  '.cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(280px,1fr));gap:16px;margin:24px 0 16px;padding:0;list-style:none}',
  '.card{box-sizing:border-box;min-width:0;max-width:480px;padding:16px;background:var(--surface);border:1px solid var(--line);border-radius:8px}',
  '.row{display:flex;align-items:baseline;justify-content:space-between;gap:16px;margin-bottom:8px}',
  'h2{margin:0;font-size:16px;min-width:0}.left,.count{white-space:nowrap}.left{font-size:20px}',
  '.quiet,.caption,.count{color:var(--quiet);font-size:13px}.mark{font-size:13px}',
  '.bar{flex:1;align-self:center;height:8px;border-radius:8px;background:var(--line)}[dir=rtl] .bar{transform:scaleX(-1)}',
  'rect{fill:var(--accent)}rect.near{fill:var(--near)}rect.refused{fill:var(--refused)}',
  // Time runs with the text: in Hebrew and Arabic from right to left.
  '.past{display:block;width:100%;margin-top:12px}[dir=rtl] .past{transform:scaleX(-1)}.past .line{stroke:var(--line)}.past .bars{fill:var(--accent)}',
  '.past .near{fill:var(--near)}.past .refused{stroke:var(--refused);stroke-width:1.5;fill:none}',
  'details{max-width:640px}summary{width:fit-content;padding:10px 0;color:var(--accent);cursor:pointer}',
  '.caption{display:flex;flex-wrap:wrap;gap:0 12px}',
  'dl{margin:8px 0 0}dt{font-weight:600}dd{margin:0 0 8px}',
  '.note{position:fixed;inset:auto 16px 16px;padding:12px 16px;border-radius:8px;background:var(--ink);color:var(--surface);width:max-content;max-width:calc(100% - 64px)}',
  '[hidden]{display:none!important}',
  '@media (max-width:640px){h1{font-size:20px}.cards{grid-template-columns:1fr}.card{max-width:none}}',
]
export const styles: string = `${rules.join('\n')}\n`
