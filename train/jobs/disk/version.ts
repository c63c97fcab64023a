/** The version of Kymo, as in deno.json; kept with every run. */
export const VERSION = "0.1.0";

/** Versions of what a run was computed with. */
export function versions(): Record<string, string> {
  return { kymo: VERSION, deno: Deno.version.deno };
}
