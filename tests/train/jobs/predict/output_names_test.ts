import { assertEquals } from "@std/assert";
import type { Video } from "../../../../train/images/series/video.ts";
import { predictionJobs } from "../../../../train/jobs/predict/output_names.ts";

/** A stack of so many pages. */
function stack(length: number): Video {
  const stems = new Array(length).fill("movie");
  return {
    ...{ path: "movie.tif", name: "movie", length, width: 1, height: 1, notes: [] },
    ...{ sourceNames: stems, stems },
    frame: () => Promise.reject(new Error("not read")),
  };
}

Deno.test("predictionJobs() numbers the pages of a long stack with as many digits as the last needs", () => {
  for (
    const [length, first, last] of [[1000, "mask000", "mask999"], [1001, "mask0000", "mask1000"]]
  ) {
    const jobs = predictionJobs([stack(Number(length))], { ctc: true });
    assertEquals([jobs[0].stem, jobs.at(-1)!.stem], [first, last]);
  }
  const [{ frames, stem }] = predictionJobs([stack(3)], {});
  assertEquals([frames, stem], [[0, 1, 2], "movie"]);
});
