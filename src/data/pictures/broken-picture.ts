/** Raised when a picture cannot be decoded: it is missing, a folder, no picture, or cut off. */
export class BrokenPicture extends Error {
  override readonly name = "BrokenPicture";

  constructor(
    path: string,
    /** the end of a sentence that begins with "but" */
    readonly reason: string,
    { message, cause }: ErrorOptions & { readonly message?: string } = {},
  ) {
    super(message ?? `The picture ${path} is broken: ${reason}.`, { cause });
  }
}
