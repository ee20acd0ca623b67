import { whole } from "./kind.js";
import { record, required } from "./record.js";

/** The size of one image, or of one feature map with its channels. */
export interface ImageShape {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
}

/** "3×32×32": channels, height, width. */
export const shapeText = ({ channels, height, width }: ImageShape): string => `${channels}×${height}×${width}`;

/** An image's shape as JSON has it. */
export const IMAGE_SHAPE = record({
  channels: required(whole(1)),
  height: required(whole(1)),
  width: required(whole(1)),
});
