/** The eigenvalues of a symmetric matrix, the largest first, and a unit vector of each. */
export interface SymmetricEigen {
  readonly values: Float64Array;
  /** vector × coordinate */
  readonly vectors: readonly Float64Array[];
}

/**
 * Eigenvalues and eigenvectors of a symmetric matrix: Householder reflections make it tridiagonal, implicit QL makes that diagonal (Wilkinson and Reinsch 1971:
 * `tred2` and `tql2`).
 *
 * @param matrix its rows; what is above the diagonal is not read
 */
export function symmetricEigen(matrix: readonly Float64Array[]): SymmetricEigen {
  const vectors = matrix.map((row) => row.slice());
  const size = matrix.length;
  const [diagonal, beside] = [new Float64Array(size), new Float64Array(size)];
  if (size > 0) {
    toTridiagonal(vectors, diagonal, beside);
    toDiagonal(vectors, diagonal, beside);
  }
  const order = Array.from(diagonal, (_, i) => i).sort((a, b) => diagonal[b] - diagonal[a]);
  return {
    values: Float64Array.from(order, (i) => diagonal[i]),
    vectors: order.map((i) => Float64Array.from(vectors, (row) => row[i])),
  };
}

/** Makes z, which holds the matrix, the orthogonal matrix Q of Qᵀ·A·Q = T, and writes the diagonal d and what is beside it, e, of T. */
function toTridiagonal(z: readonly Float64Array[], d: Float64Array, e: Float64Array): void {
  const n = d.length;
  for (let i = n - 1; i > 0; i--) {
    const row = z[i];
    let size = 0;
    for (let k = 0; k < i; k++) size += Math.abs(row[k]);
    if (i === 1 || size === 0) {
      e[i] = row[i - 1];
      d[i] = 0;
      continue;
    }
    let h = 0;
    for (let k = 0; k < i; k++) {
      row[k] /= size;
      h += row[k] * row[k];
    }
    const f = row[i - 1];
    const g = f >= 0 ? -Math.sqrt(h) : Math.sqrt(h);
    e[i] = size * g;
    h -= f * g;
    row[i - 1] = f - g;
    let sum = 0;
    for (let j = 0; j < i; j++) {
      z[j][i] = row[j] / h;
      let product = 0;
      for (let k = 0; k <= j; k++) product += z[j][k] * row[k];
      for (let k = j + 1; k < i; k++) product += z[k][j] * row[k];
      e[j] = product / h;
      sum += e[j] * row[j];
    }
    const half = sum / (h + h);
    for (let j = 0; j < i; j++) {
      const [a, b] = [row[j], e[j] - half * row[j]];
      e[j] = b;
      for (let k = 0; k <= j; k++) z[j][k] -= a * e[k] + b * row[k];
    }
    d[i] = h;
  }
  d[0] = 0;
  e[0] = 0;
  for (let i = 0; i < n; i++) {
    if (d[i] !== 0) {
      for (let j = 0; j < i; j++) {
        let product = 0;
        for (let k = 0; k < i; k++) product += z[i][k] * z[k][j];
        for (let k = 0; k < i; k++) z[k][j] -= product * z[k][i];
      }
    }
    d[i] = z[i][i];
    z[i][i] = 1;
    for (let j = 0; j < i; j++) {
      z[j][i] = 0;
      z[i][j] = 0;
    }
  }
}

/** Rotates z along until T is diagonal. */
function toDiagonal(z: readonly Float64Array[], d: Float64Array, e: Float64Array): void {
  const n = d.length;
  e.copyWithin(0, 1);
  e[n - 1] = 0;
  for (let l = 0; l < n; l++) {
    for (;;) {
      let m = l;
      while (m < n - 1 && Math.abs(e[m]) > Number.EPSILON * (Math.abs(d[m]) + Math.abs(d[m + 1]))) m++;
      if (m === l) break;
      let g = (d[l + 1] - d[l]) / (2 * e[l]);
      let r = Math.hypot(g, 1);
      g = d[m] - d[l] + e[l] / (g + (g >= 0 ? r : -r));
      let [s, c, p] = [1, 1, 0];
      let i = m - 1;
      for (; i >= l; i--) {
        const f = s * e[i];
        const b = c * e[i];
        r = Math.hypot(f, g);
        e[i + 1] = r;
        if (r === 0) {
          d[i + 1] -= p;
          e[m] = 0;
          break;
        }
        s = f / r;
        c = g / r;
        g = d[i + 1] - p;
        r = (d[i] - g) * s + 2 * c * b;
        p = s * r;
        d[i + 1] = g + p;
        g = c * r - b;
        for (let k = 0; k < n; k++) {
          const row = z[k];
          const t = row[i + 1];
          row[i + 1] = s * row[i] + c * t;
          row[i] = c * row[i] - s * t;
        }
      }
      if (r === 0 && i >= l) continue;
      d[l] -= p;
      e[l] = g;
      e[m] = 0;
    }
  }
}
