/** What ImageJ reads from the bytes of a region. */

/** A region, by the places of its parts in the source of ImageJ's RoiDecoder. */
export interface DecodedRoi {
  readonly magic: string;
  readonly version: number;
  readonly type: number;
  /** Top, left, bottom and right. */
  readonly box: number[];
  readonly options: number;
  readonly position: number;
  readonly secondHeader: number;
  readonly x: number[];
  readonly y: number[];
  readonly subpixelX: number[];
  readonly subpixelY: number[];
  readonly size: number;
}

/** Decodes a polygon. */
export function decodeRoi(bytes: Uint8Array): DecodedRoi {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const count = view.getUint16(16);
  const shorts = (from: number) =>
    Array.from({ length: count }, (_, at) => view.getInt16(from + 2 * at));
  const floats = (from: number) =>
    Array.from({ length: count }, (_, at) => view.getFloat32(from + 4 * at));
  return {
    magic: new TextDecoder().decode(bytes.subarray(0, 4)),
    version: view.getInt16(4),
    type: view.getUint8(6),
    box: [8, 10, 12, 14].map((at) => view.getInt16(at)),
    options: view.getInt16(50),
    position: view.getInt32(56),
    secondHeader: view.getInt32(60),
    x: shorts(64),
    y: shorts(64 + 2 * count),
    subpixelX: floats(64 + 4 * count),
    subpixelY: floats(64 + 8 * count),
    size: bytes.length,
  };
}
