/** Leaves alone what errors tell beside their code: that is for people to judge, and for no test to repeat. */
export const strykerPlugins = [
  {
    kind: 'Ignore',
    name: 'messages',
    value: { shouldIgnore: ({ node, parent }) => (isTold(node, parent) ? 'the words of an error' : undefined) },
  },
]

function isTold(node, parent) {
  return node.type === 'ObjectExpression' && parent.type === 'NewExpression' && parent.callee.name === 'SluiceError'
}
