/**
 * What a command calls the option of a field.
 *
 * @example
 * optionName("batchSize"); // "--batch-size"
 */
export const optionName = (field: string): string =>
  `--${field.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
