/**
 * A file of one image that is written while its rows arrive.
 *
 * @module
 */

import type { RowFileOptions, RowsLayout } from "../../../objects/formats/output_format.ts";
import { AtomicFile } from "../../disk/atomic_file.ts";
import type { OutputFile } from "../../outputs/output_plan.ts";

/** A file under way. */
export class RowFile implements AsyncDisposable {
  readonly #file: AtomicFile;
  readonly #layout: RowsLayout;

  private constructor(file: AtomicFile, layout: RowsLayout) {
    this.#file = file;
    this.#layout = layout;
  }

  /**
   * Starts a file of a format that can be written in rows.
   *
   * @throws As `AtomicFile.create`.
   */
  static async create(
    { path, format }: OutputFile,
    options: RowFileOptions,
  ): Promise<RowFile> {
    const layout = format.openRows!(options);
    const file = await AtomicFile.create(path);
    await file.write(layout.begin());
    return new RowFile(file, layout);
  }

  /** Writes the next rows. */
  async add(rows: Uint32Array<ArrayBuffer> | Float32Array<ArrayBuffer>): Promise<void> {
    await this.#file.write(this.#layout.add(rows));
  }

  /** Ends the file and gives it its name. */
  async commit(): Promise<void> {
    const { last, first } = this.#layout.end();
    await this.#file.write(last);
    await this.#file.rewriteStart(first);
    await this.#file.commit();
  }

  /** Removes what was written unless it is complete. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file[Symbol.asyncDispose]();
  }
}
