/**
 * The fields of an object that are not undefined: an option that was not given is left out, and does not hide a default.
 *
 * @example
 * defined({ epochs: 5, seed: undefined }); // {"epochs": 5}
 */
export const defined = <T extends object>(fields: T): { readonly [K in keyof T]?: Exclude<T[K], undefined> } =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    readonly [K in keyof T]?: Exclude<T[K], undefined>;
  };
