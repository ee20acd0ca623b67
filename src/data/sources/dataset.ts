import type { ImageShape } from "../../values/image-shape.js";

/** The parts of a data set, as they are called in it and in messages. */
export const PARTS = ["training", "validation", "test"] as const;

export type Part = (typeof PARTS)[number];

/** A rectangle of a picture, in pixels from its top left corner, after a camera's rotation. */
export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** One labelled picture: where it is and what is said about it. */
export interface DatasetItem {
  /** its file, relative to the data set's folder, with `/` between folders */
  readonly path: string;
  /** which picture of the file, from 0, in files that hold many */
  readonly index?: number;
  /** its class, an index into {@link Dataset.classes} */
  readonly label: number;
  /** what it belongs to, such as a patient: pictures of one group should not be on both sides of a split */
  readonly group?: string;
  /** the part that the data set itself puts it into */
  readonly split?: Part;
  /** the part of the picture that is meant; all of it unless given */
  readonly box?: Box;
}

/** Something about a data set that a person should know. */
export interface Problem {
  /** the file or folder that it is about, relative to the data set's folder */
  readonly path: string;
  readonly reason: string;
}

/** Pictures that lie in memory as bytes, because their files hold many of them. */
export interface PackedPictures {
  readonly shape: ImageShape & { readonly channels: 1 | 3 };
  /** C×H×W bytes of a picture; a view, not a copy */
  read(item: DatasetItem): Uint8Array;
}

/** Labelled pictures on disk; none of them is decoded yet. */
export interface Dataset {
  /** the folder that the paths start from */
  readonly root: string;
  readonly format: "folders" | "list" | "idx" | "cifar";
  /** the names of the classes, by their numbers or in natural order ("2" before "10"), or as the files have them */
  readonly classes: readonly string[];
  readonly items: readonly DatasetItem[];
  /** what was found on the way and left out, or may be a mistake */
  readonly problems: readonly Problem[];
  /** for formats of which a file holds many pictures */
  readonly packed?: PackedPictures;
}

const collator = new Intl.Collator("en", { numeric: true });

/** Natural order: digits count as numbers, so that "image2" is before "image10". */
export const naturally = (a: string, b: string): number => collator.compare(a, b) || (a < b ? -1 : a > b ? 1 : 0);

/** Names a picture within its data set: its path, and where that is not enough, "#index" or "@x,y,width,height". */
export function keyOf({ path, index, box }: DatasetItem): string {
  const place = index === undefined ? "" : `#${index}`;
  return box ? `${path}${place}@${box.x},${box.y},${box.width},${box.height}` : `${path}${place}`;
}

/** The first few of many names, and how many more there are: "a, b, c and 7 more" */
export function fewOf(names: readonly string[], count = 3): string {
  const shown = names.slice(0, count).join(", ");
  return names.length > count ? `${shown} and ${names.length - count} more` : shown;
}

/** The part that a folder's name or a list's word stands for: "train", "Validation", "test_set". */
export function partNamed(name: string): Part | undefined {
  const word = name
    .trim()
    .toLowerCase()
    .replace(/[-_. ]?(?:set|data|images|split)$/, "");
  if (["train", "training"].includes(word)) return "training";
  if (["val", "valid", "validation", "dev"].includes(word)) return "validation";
  if (["test", "testing"].includes(word)) return "test";
  return undefined;
}

/** A name in one Unicode form (NFC): "ä" may be one letter, or an "a" and two dots, and is the same name. */
export const sameName = (name: string): string => name.normalize("NFC");

/** How a data set is opened. */
export interface DatasetOptions {
  /**
   * The group of a picture, from its path (relative to the folder or the list, with `/`), where a list does not say: a function, or a
   * regular expression whose first group that took part names it. Pictures of one group stay on one side of a split.
   */
  readonly groupOf?: ((path: string) => string | undefined) | RegExp;
  /** the column of a list that has the groups; "group" */
  readonly groupColumn?: string;
  /** the classes in the order that they have, such as grades, lowest first; by their numbers or in natural order unless given */
  readonly order?: readonly string[];
  /** a list with the classes of the pictures in the folder; the folder's own folders, or what is in it, unless given */
  readonly list?: string;
  /** the column of a list that has the box ("box" unless given), or four: x, y, width and height, or the corners x_min, y_min, x_max and y_max */
  readonly boxColumns?: readonly string[];
  /** whether the boxes in ImageNet's lists are what is meant of the pictures; without it these are whole */
  readonly boxes?: boolean;
  /** the WordNet numbers of the classes 1, 2, … of ILSVRC's ground truth, for a list that has nothing else */
  readonly synsets?: (path: string) => Promise<readonly string[]>;
}
