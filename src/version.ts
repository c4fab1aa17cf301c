import manifest from "../package.json" with { type: "json" };

declare const BENTOCLOUD_COMMIT: string | undefined;

/** The build keeps this one field of the manifest, so that the binary reads no file for it. */
export const VERSION: string = manifest.version;

/** What a binary was built from, which the build puts in the name's place. Run from source, nobody knows. */
export const COMMIT: string = typeof BENTOCLOUD_COMMIT === "string" ? BENTOCLOUD_COMMIT : "unknown";
