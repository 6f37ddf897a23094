/** Leaves the facts of errors alone: people judge the texts, and no test repeats them. */
export const strykerPlugins = [
  {
    kind: 'Ignore',
    name: 'messages',
    value: { shouldIgnore: ({ node, parent }) => (isErrorText(node, parent) ? 'the facts of an error' : undefined) },
  },
]

function isErrorText(node, parent) {
  return node.type === 'ObjectExpression' && parent.type === 'NewExpression' && parent.callee.name === 'SluiceError'
}
