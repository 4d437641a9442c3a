// A command as people write it, split into words the way a shell would quote them, without any shell.

const shellWords = new Set(['&&', '||', '|', ';', '&', '>', '>>', '<', '2>&1'])

/** Words of `command`; quotes group, nothing is expanded. Undefined when a quote is left open. */
export function splitCommand(command: string): string[] | undefined {
  const words: string[] = []
  let word: string | undefined
  let quote: string | undefined
  for (const character of command) {
    if (quote !== undefined) {
      if (character === quote) quote = undefined
      else word += character
    } else if (character === '"' || character === "'") {
      quote = character
      word ??= ''
    } else if (/\s/.test(character)) {
      if (word !== undefined) words.push(word)
      word = undefined
    } else {
      word = (word ?? '') + character
    }
  }
  if (quote !== undefined) return undefined
  return word === undefined ? words : [...words, word]
}

/** The first word that only a shell would understand: an operator, or `NAME=value` in front of the program. */
export function shellSyntaxIn(words: readonly string[]): string | undefined {
  const [program] = words
  return program !== undefined && /^\w+=/.test(program) ? program : words.find((word) => shellWords.has(word))
}

/** Fills `{port}` in. A plain `node` becomes the Node that runs the tests, whatever PATH says. */
export function fillCommand(words: readonly string[], port: number): string[] {
  const filled = words.map((word) => word.replaceAll('{port}', String(port)))
  return filled[0] === 'node' ? [process.execPath, ...filled.slice(1)] : filled
}
