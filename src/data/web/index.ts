/** Pictures and letters of a page: `bellpepper/data/web`. Runs in browsers, in a page or a worker. */

export { decodePicture, type PictureSource, pixelsOf } from "./decode-picture.js";
export { drawPageLetters, type PageFont, type PageLetters } from "./draw-letters.js";
export {
  type DecodeOptions,
  decodePictures,
  droppedPictures,
  type PictureFile,
  pictureFiles,
  type WebPictures,
  zippedPictures,
} from "./picture-files.js";
