// The work on an image: a grey picture drawn from the name of its source, softened pass by pass, and its fingerprint.
import { createHash } from 'node:crypto'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { ImageRequest } from './stores/job-store.ts'

export type ImageResult = { readonly bytes: number; readonly sha256: string }

export type ImageWorkOptions = {
  /** Which attempt this is, from 1. */
  readonly attempt: number
  readonly signal: AbortSignal
  /** Called about ten times, with the percentage that is done. */
  readonly onProgress: (percent: number) => Promise<unknown>
}

export class UnreadableImage extends Error {}

/** The same request gives the same picture on every machine. Rejects with the signal's reason when it is aborted. */
export async function workOnImage(image: ImageRequest, options: ImageWorkOptions): Promise<ImageResult> {
  const { passes } = image
  const { signal, onProgress } = options
  let pixels = decode(image, options.attempt)
  let told = 0
  for (let pass = 1; pass <= passes; pass++) {
    await nextTurn() // between passes signals, timers and the other jobs of this worker have their turn
    signal.throwIfAborted()
    pixels = soften(pixels, image)
    const percent = Math.floor((pass / passes) * 100)
    if (percent < told + 10 || percent === 100) continue
    told = percent
    await onProgress(percent)
  }
  return { bytes: pixels.length, sha256: createHash('sha256').update(pixels).digest('hex') }
}

/** A source named `broken...` can never be read, one named `flaky...` from the second attempt on. */
function decode({ source, width, height }: ImageRequest, attempt: number): Uint8Array {
  if (source.startsWith('broken') || (source.startsWith('flaky') && attempt === 1)) {
    throw new UnreadableImage(`cannot read the image '${source}'`)
  }
  const pixels = new Uint8Array(width * height)
  let state = createHash('sha256').update(source).digest().readUInt32LE() || 1
  for (let at = 0; at < pixels.length; at++) {
    // Marsaglia's xorshift with 32 bits.
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    pixels[at] = state & 0xff
  }
  return pixels
}

/** Each pixel becomes the mean of itself and its neighbours left, right, above and below, edges repeated. */
function soften(pixels: Uint8Array, { width, height }: ImageRequest): Uint8Array {
  const softened = new Uint8Array(pixels.length)
  for (let y = 0; y < height; y++) {
    const row = y * width
    const above = y > 0 ? -width : 0
    const below = y < height - 1 ? width : 0
    for (let x = 0; x < width; x++) {
      const at = row + x
      const left = x > 0 ? -1 : 0
      const right = x < width - 1 ? 1 : 0
      const sum =
        (pixels[at] as number) +
        (pixels[at + left] as number) +
        (pixels[at + right] as number) +
        (pixels[at + above] as number) +
        (pixels[at + below] as number)
      softened[at] = (sum / 5) | 0
    }
  }
  return softened
}
