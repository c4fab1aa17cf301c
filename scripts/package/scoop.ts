import { TARGETS, type Target } from "../../build/targets.ts";
import { archiveName } from "./archive.ts";
import { checksumOf } from "./checksums.ts";
import { DESCRIPTION, downloadUrl, LICENSE, REPOSITORY } from "./project.ts";

/** Scoop's names of the processors. */
const ARCHITECTURES = { x64: "64bit", arm64: "arm64" } as const;

/** The Scoop manifest of a release, from its version and the text of its checksums.txt. */
export function renderManifest(version: string, checksums: string): string {
  const targets = TARGETS.filter(({ os }) => os === "win32");
  const perArchitecture = <T>(describe: (file: string) => T) =>
    Object.fromEntries(
      targets.map((target: Target) => [ARCHITECTURES[target.cpu], describe(archiveName(target))]),
    );
  const manifest = {
    version,
    description: DESCRIPTION,
    homepage: REPOSITORY,
    license: LICENSE,
    architecture: perArchitecture((file) => ({
      url: downloadUrl(version, file),
      hash: checksumOf(checksums, file),
    })),
    bin: "bentocloud.exe",
    checkver: "github",
    autoupdate: {
      architecture: perArchitecture((file) => ({ url: downloadUrl("$version", file) })),
      hash: { url: "$baseurl/checksums.txt" },
    },
  };
  return `${JSON.stringify(manifest, null, 2)}\n`;
}
