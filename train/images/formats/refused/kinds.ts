/**
 * Files that are no images for measuring, or that free programs convert without loss: what to do with them.
 *
 * @module
 */

/** A kind of file that is not read. */
interface RefusedKind {
  /** What it is, in a sentence. */
  readonly what: string;
  /** What to do, for a file of this name. */
  remedy(name: string): string;
  /** Whether a file that begins with these bytes is one. */
  matches(head: Uint8Array): boolean;
}

const text = (head: Uint8Array, from: number, to: number) =>
  String.fromCharCode(...head.subarray(from, to));

const frames = (name: string) =>
  `write its frames with FFmpeg: ffmpeg -i ${name} frame%05d.png (what it lost stays lost)`;
const convert = (name: string) =>
  `convert it with Bio-Formats: bfconvert ${name} ${name.replace(/\.[^.]*$/, "")}.ome.tif`;

const KINDS: readonly RefusedKind[] = [
  {
    what: "it is a JPEG, which loses detail",
    remedy: (name) =>
      `save the original image as PNG or TIFF, or where there is none: magick ${name} ` +
      `${name.replace(/\.[^.]*$/, "")}.png`,
    matches: (head) => head[0] === 0xff && head[1] === 0xd8,
  },
  {
    what: "it is an AVI video",
    remedy: frames,
    matches: (head) => text(head, 0, 4) === "RIFF" && text(head, 8, 12) === "AVI ",
  },
  {
    what: "it is an MP4 or QuickTime video",
    remedy: frames,
    matches: (head) => ["ftyp", "moov", "mdat"].includes(text(head, 4, 8)),
  },
  {
    what: "it is a Matroska or WebM video",
    remedy: frames,
    matches: (head) => text(head, 0, 4) === "\x1aE\xdf\xa3",
  },
  {
    what: "it is a Nikon file (ND2)",
    remedy: convert,
    matches: (head) =>
      text(head, 0, 4) === "\xda\xce\xbe\x0a" || text(head, 4, 12) === "jP  \r\n\x87\n",
  },
  {
    what: "it is a Zeiss file (CZI)",
    remedy: convert,
    matches: (head) => text(head, 0, 10) === "ZISRAWFILE",
  },
  {
    what: "it is a Leica file (LIF)",
    remedy: convert,
    matches: (head) => text(head, 0, 4) === "p\0\0\0" && head[8] === 0x2a,
  },
  {
    what: "it is an Olympus or another file in Microsoft's compound format (OIB, ZVI, …)",
    remedy: convert,
    matches: (head) => text(head, 0, 8) === "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
  },
];

/** Bytes at the beginning of a file that tell its kind. */
export const HEAD_BYTES = 16;

/** What a file is and what to do with it, by its first bytes and its name; null for all others. */
export function refusalOf(
  head: Uint8Array,
  name: string,
): { what: string; remedy: string } | null {
  const kind = KINDS.find((kind) => kind.matches(head));
  return kind === undefined ? null : { what: kind.what, remedy: kind.remedy(name) };
}
