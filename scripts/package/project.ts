import manifest from "../../package.json" with { type: "json" };

export const VERSION = manifest.version;
export const LICENSE = manifest.license;
/** What every package says of itself. */
export const DESCRIPTION = manifest.description;
export const REPOSITORY = manifest.repository.url.replace(/^git\+/, "").replace(/\.git$/, "");
export const MAINTAINER = "BentoML <contact@bentoml.com>";

export function downloadUrl(version: string, file: string): string {
  return `${REPOSITORY}/releases/download/v${version}/${file}`;
}

/** What is packaged: the binaries in `dist/TARGET/`, with the lists of licences and parts beside them. */
export interface Packaging {
  dist: string;
  /** Seconds; the time of every file in every package. */
  time: number;
}
