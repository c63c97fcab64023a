/**
 * How a run was made: settings, versions, adapter and seeds.
 *
 * @module
 */

import type { ReportData } from "./data.ts";
import { type Markup, markup } from "./drawing/markup.ts";

/** A collapsed list of everything that is needed to repeat the run. */
export function settingsDetails(data: ReportData): Markup {
  const { settings, versions, adapter, seeds } = data;
  const run = { adapter, ...(seeds.length > 0 && { seeds: seeds.join(", ") }), ...versions };
  const { loose, groups } = groupSettings(settings);
  const lists = [["Run", run], ["Settings", loose], ...Object.entries(groups)] as const;
  return markup`<details><summary>Settings, versions and hardware of this run</summary>
<div class="settings">${
    lists.map(([name, values]) => settingsList(name, flattenSettings(values)))
  }</div></details>
`;
}

function settingsList(name: string, rows: readonly (readonly [string, string])[]): Markup {
  if (rows.length === 0) return markup``;
  return markup`<table><caption>${name}</caption><tbody>${
    rows.map(([key, value]) =>
      markup`<tr><th scope="row">${key}</th><td>${value}</td></tr>
`
    )
  }</tbody></table>
`;
}

function groupSettings(settings: Readonly<Record<string, unknown>>) {
  const isGroup = ([, value]: [string, unknown]) => isRecord(value);
  const entries = Object.entries(settings);
  return {
    loose: Object.fromEntries(entries.filter((entry) => !isGroup(entry))),
    groups: Object.fromEntries(entries.filter(isGroup)),
  };
}

/** Nested settings as rows: `{ adam: { rate: 0.1 } }` is `["adam.rate", "0.1"]`; lists stay. */
export function flattenSettings(settings: unknown, path = ""): [key: string, value: string][] {
  if (!isRecord(settings)) return [[path, formatSetting(settings)]];
  return Object.entries(settings).flatMap(([key, value]) =>
    flattenSettings(value, path === "" ? key : `${path}.${key}`)
  );
}

function formatSetting(value: unknown): string {
  if (typeof value === "string") return value;
  return typeof value === "object" && value !== null ? JSON.stringify(value) : String(value);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
