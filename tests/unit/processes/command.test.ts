// How a command becomes words.
import { describe, expect, it } from 'vitest'
import { fillCommand, shellSyntaxIn, splitCommand } from '../../../src/processes/command.ts'

describe('splitCommand', () => {
  it.each([
    ['node server.js', ['node', 'server.js']],
    ['  node\t server.js \n', ['node', 'server.js']],
    [`node "my server.js" 'a  b'`, ['node', 'my server.js', 'a  b']],
    [`node --title="a b"c`, ['node', '--title=a bc']],
    [`node -e "it's"`, ['node', '-e', "it's"]],
    [`node '' ""`, ['node', '', '']],
    ['C:\\bin\\node.exe $HOME *', ['C:\\bin\\node.exe', '$HOME', '*']],
    ['', []],
  ])('splits %j', (command, words) => {
    expect(splitCommand(command)).toEqual(words)
  })

  it.each([`node "server.js`, `node 'server.js`, `node "a'`])('refuses the open quote in %j', (command) => {
    expect(splitCommand(command)).toBeUndefined()
  })
})

describe('shellSyntaxIn', () => {
  it('finds operators and assignments in front', () => {
    expect(shellSyntaxIn(['npm', 'run', 'build', '&&', 'node', 'x'])).toBe('&&')
    expect(shellSyntaxIn(['PORT=1', 'node', 'x'])).toBe('PORT=1')
  })

  it('leaves arguments alone', () => {
    expect(shellSyntaxIn(['node', 'x', '--level=3', 'A=1', 'a&&b'])).toBeUndefined()
  })
})

describe('fillCommand', () => {
  it('fills every {port} in', () => {
    expect(fillCommand(['serve', '--port={port}', '{port}:{port}'], 81)).toEqual(['serve', '--port=81', '81:81'])
  })

  it('runs node by the Node of the tests', () => {
    expect(fillCommand(['node', 'node'], 81)).toEqual([process.execPath, 'node'])
    expect(fillCommand(['/opt/node', 'x'], 81)).toEqual(['/opt/node', 'x'])
  })
})
