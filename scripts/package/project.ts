import manifest from "../../package.json" with { type: "json" };

export const VERSION = manifest.version;
export const LICENSE = manifest.license;
/** The description in every package. */
export const DESCRIPTION = manifest.description;
export const REPOSITORY = manifest.repository.url.replace(/^git\+/, "").replace(/\.git$/, "");
export const MAINTAINER = "BentoML <contact@bentoml.com>";

export function downloadUrl(version: string, file: string): string {
  return `${REPOSITORY}/releases/download/v${version}/${file}`;
}

/** The input of packaging: binaries in `dist/TARGET/`, licences and the bill of materials in `dist`. */
export interface Packaging {
  dist: string;
  /** The time of every file in every package, in seconds. */
  time: number;
}
