/**
 * Textures that hold copies of tensors while a kernel reads them: the bytes of the tensor's buffer in
 * their order, four floats or eight halves a texel and 1024 texels a row; nothing is filtered or
 * converted.
 *
 * @module
 */

import { TextureUse } from "../usage.ts";

/** Texels in a row of a texture that holds a tensor: a power of two. */
export const TEXELS_PER_ROW = 1024;

const BYTES_PER_TEXEL = 16;

/** Bytes in a row of a texture. */
export const BYTES_PER_ROW: number = TEXELS_PER_ROW * BYTES_PER_TEXEL;

/** The rows that the textures of dispatches need: one for each operand, large enough for all. */
export class TextureRows {
  readonly #rows: number[];

  /** Starts from the rows of some operands. */
  constructor(rows: readonly number[] = []) {
    this.#rows = [...rows];
  }

  /** Rows by operand. */
  get rows(): readonly number[] {
    return this.#rows;
  }

  /** Bytes of textures with these rows. */
  get bytes(): number {
    return this.#rows.reduce((sum, rows) => sum + rows * BYTES_PER_ROW, 0);
  }

  /** Makes room for this many bytes in operand `slot`, and tells whether it had to grow. */
  hold(slot: number, bytes: number): boolean {
    const rows = Math.ceil(bytes / BYTES_PER_ROW);
    if (rows <= (this.#rows[slot] ?? 0)) return false;
    this.#rows[slot] = rows;
    return true;
  }
}

/**
 * One texture for each operand of a dispatch. They serve every dispatch in turn, since the GPU runs
 * copies and dispatches in their order, and grow to the largest tensor so far.
 */
export class TextureSlots {
  readonly #gpu: GPUDevice;
  readonly #size = new TextureRows();
  readonly #textures: GPUTexture[] = [];

  /** Starts with no texture. */
  constructor(gpu: GPUDevice) {
    this.#gpu = gpu;
  }

  /** Rows by operand, for planning further ones. */
  get rows(): readonly number[] {
    return this.#size.rows;
  }

  /** Bytes that the textures take now. */
  get bytes(): number {
    return this.#size.bytes;
  }

  /** The texture of operand `slot`, with room for this many bytes. */
  take(slot: number, bytes: number): GPUTexture {
    if (!this.#size.hold(slot, bytes)) return this.#textures[slot];
    // A smaller one is not destroyed: recordings may still use it.
    this.#textures[slot] = this.#gpu.createTexture({
      label: `operand ${slot}`,
      size: [TEXELS_PER_ROW, this.#size.rows[slot]],
      format: "rgba32float",
      usage: TextureUse.copyTo | TextureUse.storage,
    });
    return this.#textures[slot];
  }
}

/** Copies bytes of a buffer into the rows of a texture. */
export function encodeTextureCopy(
  encoder: GPUCommandEncoder,
  { from, fromOffset, to, bytes }: {
    from: GPUBuffer;
    fromOffset: number;
    to: GPUTexture;
    bytes: number;
  },
): void {
  const rows = Math.floor(bytes / BYTES_PER_ROW);
  const rest = Math.ceil((bytes - rows * BYTES_PER_ROW) / BYTES_PER_TEXEL);
  const copy = (firstRow: number, size: [number, number]) =>
    encoder.copyBufferToTexture(
      {
        buffer: from,
        offset: fromOffset + firstRow * BYTES_PER_ROW,
        bytesPerRow: BYTES_PER_ROW,
      },
      { texture: to, origin: [0, firstRow] },
      size,
    );
  if (rows > 0) copy(0, [TEXELS_PER_ROW, rows]);
  if (rest > 0) copy(rows, [rest, 1]);
}
