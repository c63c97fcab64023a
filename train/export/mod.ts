/**
 * Objects in the forms that people open elsewhere: ImageJ's regions of interest and GeoJSON.
 *
 * @module
 */

export * from "./exported_polygons.ts";
export * from "./geojson.ts";
export * from "./imagej_roi.ts";
