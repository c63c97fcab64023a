/** The version of Kymo, as in deno.json; kept with every run. */
export const VERSION = "0.1.0";
