/** Labels that are read row by row, so that a map of any size needs little memory. */
export interface LabelSource {
  readonly width: number;
  readonly height: number;
  /** The labels of each row, from top to bottom: whole numbers from 0 to 65535. @throws PixelError when it is damaged, or a pixel is no label */
  rows(): AsyncGenerator<Uint16Array, void, undefined>;
}
