// The binomial distribution, exact for any n: tails for the verdict rules, quantiles for confidence intervals.

/** P(X <= k) for X ~ Binomial(n, p) and a whole k. */
export function binomialCdf(k: number, n: number, p: number): number {
  if (k < 0) return 0
  if (k >= n) return 1
  // DLMF 8.17.5: the upper tail is a regularised incomplete beta function.
  return incompleteBeta(1 - p, n - k, k + 1)
}

/** The smallest k with P(X <= k) >= probability. */
export function binomialQuantile(probability: number, n: number, p: number): number {
  let low = 0
  let high = n
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    if (binomialCdf(middle, n, p) >= probability) high = middle
    else low = middle + 1
  }
  return low
}

/** I_x(a, b) by Lentz's continued fraction (Numerical Recipes 6.4; DLMF 8.17.22). */
function incompleteBeta(x: number, a: number, b: number): number {
  // The fraction converges fast only below the mean; I_x(a, b) = 1 - I_{1-x}(b, a) brings us there.
  if (x > (a + 1) / (a + b + 2)) return 1 - incompleteBeta(1 - x, b, a)
  const front = Math.exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log1p(-x)) / a
  return front * betaFraction(x, a, b)
}

/** Below the mean no denominator comes near 0, the first one least with 2 / (a + b + 2): Lentz's guard is not needed. */
function betaFraction(x: number, a: number, b: number): number {
  let c = 1
  let d = 1 / (1 - ((a + b) * x) / (a + 1))
  let product = d
  // Needs about sqrt(max(a, b)) rounds; 100,000 serve more samples than a run can hold.
  for (let m = 1; m < 100_000; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m))
    d = 1 / (1 + even * d)
    c = 1 + even / c
    product *= d * c
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1))
    d = 1 / (1 + odd * d)
    c = 1 + odd / c
    product *= d * c
    if (Math.abs(d * c - 1) < 1e-15) break
  }
  return product
}

/** Stirling's series from 15 on (DLMF 5.11.1), below that by the recurrence; relative error under 1e-14. */
function logGamma(z: number): number {
  let shift = 0
  let x = z
  while (x < 15) {
    shift += Math.log(x)
    x++
  }
  const inverse = 1 / x
  const square = inverse * inverse
  const series = inverse * (1 / 12 - square * (1 / 360 - square * (1 / 1260 - square / 1680)))
  return (x - 0.5) * Math.log(x) - x + 0.5 * Math.log(2 * Math.PI) + series - shift
}
