/** The size of one image, or of one feature map with its channels. */
export interface ImageShape {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
}

/** "3×32×32": channels, height, width. */
export const shapeText = ({ channels, height, width }: ImageShape): string => `${channels}×${height}×${width}`;
