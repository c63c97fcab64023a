/**
 * Objects in the forms that people open elsewhere: ImageJ's regions of interest and GeoJSON.
 *
 * @module
 */

export type { Loop } from "../contours.ts";
export * from "./geojson.ts";
export * from "./imagej_roi.ts";
export * from "../outline.ts";
export type { ZipEntry } from "./zip.ts";
