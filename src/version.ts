import manifest from "../package.json" with { type: "json" };

/** The build keeps this one field of the manifest, so that the binary reads no file for it. */
export const VERSION: string = manifest.version;
