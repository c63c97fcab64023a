/**
 * What predictions are made of, each by itself: reading, percentiles, decoding, encoding.
 *
 * @module
 */

import { findCandidates } from "../../../nn/labels/stardist/candidates.ts";
import { findObjects, type RayObjects } from "../../../nn/labels/stardist/objects.ts";
import { rayPolygons, truncatePolygons } from "../../../nn/labels/stardist/polygons.ts";
import { paintPolygons } from "../../../nn/labels/stardist/render.ts";
import { suppressPolygons } from "../../../nn/labels/stardist/suppression.ts";
import { decodeImage, readPlane } from "../../../train/images/formats/decode.ts";
import { compressPage, labelPage } from "../../../train/images/formats/tiff_stack.ts";
import { steadyRange } from "../../../train/images/intensity/steady_range.ts";
import { normalize } from "../../../train/images/normalize.ts";
import { defaultNormalization } from "../../../train/images/normalize.ts";
import { percentiles, videoPercentiles } from "../../../train/images/percentiles.ts";
import { roiEntries } from "../../../train/objects/formats/imagej_roi.ts";
import { zipFiles } from "../../../train/objects/formats/zip.ts";
import { tracedOutlines } from "../../../train/objects/outline.ts";
import { ObjectTable } from "../../../train/objects/sequence/object_table.ts";
import { Tracker } from "../../../train/objects/sequence/track.ts";
import { Evaluator } from "../../../train/objects/scores/evaluate.ts";
import type { Plane } from "../../../train/images/image.ts";
import { lzwTiff } from "../lzw_tiff.ts";
import type { HostJob } from "../measure.ts";
import { type Scene, sceneOf } from "../scene.ts";

/** Sizes of frames. */
const SIZES = [[550, 350], [1100, 700], [1540, 980]] as const;
const MEGA = 1e6;

/** What reading takes. */
export const readingJob: HostJob = {
  name: "reading",
  sentence: "TIFF of 16 bits with LZW to normalised pixels",
  unit: "frame",
  async *parts() {
    for (const [width, height] of SIZES) {
      const scene = sceneOf({
        width,
        height,
        objects: Math.round(300 * width / 1100 * height / 700),
      });
      const at = `${width} x ${height}`;
      const megabytes = scene.image.byteLength / MEGA;
      const stack = await decodeImage(lzwTiff([scene]));
      yield { part: "LZW to pixels", at, megabytes, run: () => readPlane(stack, 0) };
      const plane = planeOf(scene);
      const whole = { part: "percentiles, whole numbers", at, megabytes };
      yield { ...whole, run: () => percentiles([plane], [1, 99.8, 100]) };
      const fractions = { ...plane, data: plane.data.map((value) => value / 7) };
      const broken = { part: "percentiles, fractions", at, megabytes };
      yield { ...broken, run: () => percentiles([fractions], [1, 99.8, 100]) };
      const range = { low: 200, high: 2000 };
      yield { part: "normalised", at, megabytes, run: () => normalize(plane, range) };
    }
    const planes = Array.from(
      { length: 8 },
      (_, frame) => planeOf(sceneOf({ width: 1100, height: 700, objects: 300, frame })),
    );
    const video = { at: "1100 x 700", units: 8, megabytes: 8 * 1.54 };
    const read = (i: number) => Promise.resolve(planes[i]);
    const frames = { length: 8, read };
    yield {
      part: "range of a video",
      ...video,
      run: () => steadyRange(frames, defaultNormalization),
    };
    const all = () => planes;
    yield { part: "percentiles of a video", ...video, run: () => videoPercentiles(all, [1, 99.8]) };
  },
};

/** What StarDist's answer takes to become objects. */
export const decodingJob: HostJob = {
  name: "decoding",
  sentence: "From probabilities and distances on a grid of 2 to labels of 700 x 1100",
  unit: "frame",
  async *parts() {
    for (const objects of [300, 1200, 5000]) {
      const { width, height, ...scene } = sceneOf({ width: 1100, height: 700, objects });
      const maps = scene.maps();
      const rule = { threshold: 0.5, grid: 2 };
      const candidates = findCandidates(maps, rule);
      const { count, rays } = candidates;
      const at = `${objects} objects, ${count} candidates`;
      const nmsThreshold = 0.4;
      const size = { width, height };
      const polygons = truncatePolygons(rayPolygons(candidates));
      const suppression = { rays, threshold: nmsThreshold };
      const found: RayObjects = findObjects(candidates, { nmsThreshold, ...size });
      yield { part: "candidates", at, run: () => findCandidates(maps, rule) };
      yield { part: "polygons", at, run: () => truncatePolygons(rayPolygons(candidates)) };
      yield { part: "suppression", at, run: () => suppressPolygons(polygons, suppression) };
      const paint = { rays, ...size };
      yield { part: "painting", at, run: () => paintPolygons(found.vertices, paint) };
      const all = () => findObjects(findCandidates(maps, rule), { nmsThreshold, ...size });
      yield { part: "all", at, run: all };
    }
    // More candidates of as many objects, as a lower threshold gives them.
    const { width, height, ...scene } = sceneOf({ width: 1560, height: 992, objects: 600 });
    const candidates = findCandidates(scene.maps(), { threshold: 0.5, grid: 2 });
    const at = `600 objects, ${candidates.count} candidates, ${height} x ${width}`;
    const polygons = truncatePolygons(rayPolygons(candidates));
    const rule = { rays: candidates.rays, threshold: 0.4 };
    yield { part: "suppression", at, run: () => suppressPolygons(polygons, rule) };
  },
};

/** What results take to be written. */
export const encodingJob: HostJob = {
  name: "encoding",
  sentence: "Labels of 700 x 1100 to what is written of them",
  unit: "frame",
  async *parts() {
    for (const objects of [300, 5000]) {
      const { width, height, labels: data } = sceneOf({ width: 1100, height: 700, objects });
      const labels = { width, height, data };
      const at = `${objects} objects`;
      const megabytes = 2 * data.length / MEGA;
      const page = () => compressPage(labelPage(labels, { wide: false }));
      yield { part: "labels, deflated", at, megabytes, run: page };
      const outlines = tracedOutlines(labels);
      yield { part: "outlines, traced", at, run: () => tracedOutlines(labels) };
      const rois = () => zipFiles(roiEntries(outlines, { frame: null }));
      yield { part: "ImageJ regions", at, run: rois };
    }
  },
};

/** What tracking and its tables take. */
export const trackingJob: HostJob = {
  name: "tracking",
  sentence: "Labels of 700 x 1100 to tracks and the lines of objects.csv, 6 frames",
  unit: "frame",
  async *parts() {
    for (const objects of [300, 5000]) {
      const scenes = Array.from(
        { length: 6 },
        (_, frame) => sceneOf({ width: 1100, height: 700, objects, frame }),
      );
      const at = `${objects} objects`;
      const frames = scenes.map(({ width, height, labels: data }, time) => ({
        ...{ width, height, data, time },
      }));
      const track = () => {
        const tracker = new Tracker({});
        return frames.map((frame) => tracker.add(frame));
      };
      const tracked = track();
      const images = scenes.map(planeOf);
      yield { part: "tracks", at, units: 6, run: track };
      const table = () => {
        const made = new ObjectTable({ channels: ["0"] });
        return tracked.map(({ time, objects }, i) => {
          const filled = objects.map((object) => ({ ...object, putBack: false }));
          return made.lines({ time, objects: filled }, [images[i]]);
        });
      };
      yield { part: "objects.csv", at, units: 6, run: table };
    }
  },
};

/** What an evaluation takes. */
export const evaluationJob: HostJob = {
  name: "evaluation",
  sentence: "Labels of 700 x 1100 against truth: matching, SEG, DET, flicker; 4 frames",
  unit: "frame",
  async *parts() {
    for (const objects of [300, 5000]) {
      const frames = Array.from({ length: 4 }, (_, number) => {
        const truth = labelsOf(sceneOf({ width: 1100, height: 700, objects, frame: number }));
        const labels = labelsOf(
          sceneOf({ width: 1100, height: 700, objects, frame: number + 0.3 }),
        );
        return { number, labels, truth, markers: truth };
      });
      const run = () => {
        const evaluator = new Evaluator();
        for (const frame of frames) evaluator.add(frame);
        return evaluator.evaluation;
      };
      yield { part: "all", at: `${objects} objects`, units: 4, run };
    }
  },
};

function planeOf({ width, height, image }: Scene): Plane {
  return { width, height, data: Float32Array.from(image) };
}

function labelsOf({ width, height, labels: data }: Scene) {
  return { width, height, data };
}
