/**
 * Files of results, as the command line writes them.
 *
 * @module
 */

import type { Video } from "../../../train/images/series/video.ts";
import { encodeFrames } from "../../../train/objects/formats/encode_frames.ts";
import { outputFormats } from "../../../train/objects/formats/list.ts";
import type { FrameResult, OutputFormat } from "../../../train/objects/formats/output_format.ts";
import { encodeTrackTable } from "../../../train/objects/sequence/track_tables.ts";
import type { Download, DownloadKind } from "../../shared/messages.ts";
import type { Results } from "./results.ts";
import type { Tracks } from "./tracks.ts";

/** The formats of the output list that the page offers, by their flags there. */
const FLAGS: Readonly<Record<string, string | null>> = {
  labels: null,
  rois: "rois",
  geojson: "geojson",
};

/** Makes a file. */
export async function makeDownload(
  kind: DownloadKind,
  { video, results, tracks }: { video: Video; results: Results; tracks: Tracks | null },
): Promise<Download> {
  if (kind === "tracks" || kind === "objects") {
    if (tracks === null) throw new TypeError("Cannot write tables: nothing was tracked yet");
    const blob = kind === "objects"
      ? tracks.table
      : new Blob([encodeTrackTable(tracks.records)], { type: "text/csv" });
    return { name: `${kind}.csv`, blob };
  }
  const format = outputFormats.find(({ flag }) => flag === FLAGS[kind])!;
  const parts = await encodeFrames(format, framesOf(results, { video, format }), {
    pages: results.frames.length,
    calibration: video.calibration,
  });
  const name = format.file(video.name).split("/").at(-1)!;
  return { name, blob: new Blob(parts) };
}

function* framesOf(
  results: Results,
  { video, format }: { video: Video; format: OutputFormat },
): Generator<FrameResult> {
  format.check?.(video);
  for (const frame of results.frames) {
    yield { labels: results.at(frame)!, plane: video.planes?.[frame] };
  }
}
