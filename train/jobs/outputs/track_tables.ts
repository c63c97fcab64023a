/**
 * The tables of tracks on disk, whoever tracks: `tracks.csv` and `objects.csv`.
 *
 * @module
 */

import type { Plane } from "../../images/image.ts";
import type { FilledObject } from "../../objects/sequence/fill_gaps.ts";
import { ObjectTable, type ObjectTableOptions } from "../../objects/sequence/object_table.ts";
import type { TrackRecord } from "../../objects/sequence/track_record.ts";
import { encodeTrackTable } from "../../objects/sequence/track_tables.ts";
import { AtomicFile, writeFileAtomic } from "../disk/atomic_file.ts";

/** Names of the tables. */
export const TRACK_TABLES = { tracks: "tracks.csv", objects: "objects.csv" } as const;

/** Writes both: objects frame by frame, tracks at the end. */
export class TrackTables implements AsyncDisposable {
  readonly #out: string;
  readonly #table: ObjectTable;
  readonly #objects: AtomicFile;

  private constructor(out: string, table: ObjectTable, objects: AtomicFile) {
    this.#out = out;
    this.#table = table;
    this.#objects = objects;
  }

  /** Begins the tables in a folder. */
  static async create(out: string, options: ObjectTableOptions = {}): Promise<TrackTables> {
    const objects = await AtomicFile.create(`${out}/${TRACK_TABLES.objects}`);
    const tables = new TrackTables(out, new ObjectTable(options), objects);
    await tables.#write(tables.#table.header);
    return tables;
  }

  /** Takes the next frame, with its channels where intensities are measured. */
  async add(
    frame: { readonly time: number; readonly objects: readonly FilledObject[] },
    images: readonly Plane[] = [],
  ): Promise<void> {
    await this.#write(this.#table.lines(frame, images));
  }

  /** Ends the tables. */
  async end(tracks: readonly TrackRecord[]): Promise<void> {
    await writeFileAtomic(`${this.#out}/${TRACK_TABLES.tracks}`, encodeTrackTable(tracks));
    await this.#objects.commit();
  }

  /** Removes what is not complete. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#objects[Symbol.asyncDispose]();
  }

  async #write(text: string): Promise<void> {
    await this.#objects.write(new TextEncoder().encode(text));
  }
}
