/**
 * Every format in which models are written for other programs.
 *
 * @module
 */

import { bioimageio } from "./bioimageio.ts";
import type { ExportFormat } from "./export_format.ts";
import { onnx } from "./onnx.ts";
import { savedModel } from "./savedmodel.ts";
import { starDistFolder } from "./stardist.ts";
import { torchScript } from "./torchscript.ts";

/** The formats. To add one, write its record and name it here. */
export const exportFormats: readonly ExportFormat[] = [
  onnx,
  torchScript,
  savedModel,
  starDistFolder,
  bioimageio,
];
