/**
 * Tracks as files of the Cell Tracking Challenge: `maskNNN.tif` and `res_track.txt`.
 *
 * @module
 */

import { encodeLabelTiff } from "../../images/formats/encode.ts";
import { frameDigits } from "../../images/names.ts";
import { ChallengeTracks, type NumberedFrame } from "../../objects/sequence/challenge_tracks.ts";
import { encodeChallengeTracks } from "../../objects/sequence/track_tables.ts";
import { writeFileAtomic } from "../disk/atomic_file.ts";

/** The table's name. */
export const CHALLENGE_TABLE = "res_track.txt";
/** The fewest digits of a frame number in the challenge. */
const LEAST_DIGITS = 3;
/** The largest number that the challenge's 16 bits hold. */
const MOST_TRACKS = 65535;

/** Writes one sequence, frame by frame. */
export class ChallengeFiles {
  readonly #out: string;
  readonly #digits: number;
  readonly #numbers = new ChallengeTracks();

  /** Starts; the names of images say how many digits frame numbers have. */
  constructor(
    out: string,
    { times, stems }: { times: readonly number[]; stems: readonly string[] },
  ) {
    this.#out = out;
    this.#digits = Math.max(LEAST_DIGITS, `${times.at(-1) ?? 0}`.length, frameDigits(stems));
  }

  /** The name of a frame's image. */
  nameOf(time: number): string {
    return `mask${`${time}`.padStart(this.#digits, "0")}.tif`;
  }

  /** Writes the next frame. */
  async add(frame: NumberedFrame, parentOf: (track: number) => number): Promise<void> {
    const labels = this.#numbers.add(frame, parentOf);
    await writeFileAtomic(`${this.#out}/${this.nameOf(frame.time)}`, encodeLabelTiff([labels]));
  }

  /**
   * Writes the table.
   *
   * @returns What a user should know.
   */
  async end(): Promise<string[]> {
    const { tracks } = this.#numbers;
    await writeFileAtomic(`${this.#out}/${CHALLENGE_TABLE}`, encodeChallengeTracks(tracks));
    if (tracks.length <= MOST_TRACKS) return [];
    return [
      `${this.#out}: ${tracks.length} tracks need more than the 16 bits that the challenge's programs ` +
      "read",
    ];
  }
}
