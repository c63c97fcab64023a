/**
 * Finds the tables of tracks that stand beside label images.
 *
 * @module
 */

import { dirname, join } from "../../images/names.ts";
import type { Source } from "../../images/source.ts";
import {
  type ChallengeTrack,
  decodeChallengeTracks,
  decodeTrackTable,
} from "../../objects/sequence/track_tables.ts";

/** The names of tables, the one that is preferred first. */
export const RESULT_TRACKS = ["res_track.txt", "tracks.csv"] as const;

/** The name of the table of true tracks. */
export const TRUE_TRACKS = ["man_track.txt"] as const;

/**
 * The tracks of label images: of the first table of some names that is in their folder.
 *
 * @param path A folder or stack of label images.
 * @returns Null where there is no table.
 * @throws {SyntaxError} If it is damaged.
 */
export async function readTracks(
  source: Source,
  path: string,
  names: readonly string[],
): Promise<ChallengeTrack[] | null> {
  const folder = await source.isFolder(path) ? path : dirname(path);
  const { files } = await source.list(folder);
  const name = names.find((name) => files.includes(name));
  if (name === undefined) return null;
  const file = join(folder, name);
  using bytes = await source.open(file);
  const text = new TextDecoder().decode(await bytes.read(0, bytes.size));
  return name.endsWith(".csv") ? decodeTrackTable(text, file) : decodeChallengeTracks(text, file);
}
