/**
 * The value below which a share of the values lies, between two of them by interpolation: the value at place share · (n − 1), as in
 * NumPy and in R's type 7. NaN when there are none.
 *
 * @param rising the values, sorted
 * @param share 0 … 1
 */
export function quantile(rising: Float64Array, share: number): number {
  if (rising.length === 0) return Number.NaN;
  const place = share * (rising.length - 1);
  const below = Math.floor(place);
  const above = Math.ceil(place);
  return rising[below] + (place - below) * (rising[above] - rising[below]);
}
