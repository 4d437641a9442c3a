// A loader that turns TypeScript into JavaScript with its source map in a data: address.
import { readFileSync } from 'node:fs'
import { registerHooks, stripTypeScriptTypes } from 'node:module'
import { fileURLToPath } from 'node:url'

registerHooks({
  load(url, context, nextLoad) {
    if (!url.startsWith('file:') || !url.endsWith('.ts')) return nextLoad(url, context)
    const text = readFileSync(fileURLToPath(url), 'utf8')
    const source = stripTypeScriptTypes(text, { mode: 'transform', sourceMap: true, sourceUrl: url })
    return { format: 'module', source, shortCircuit: true }
  },
})
