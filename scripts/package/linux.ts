import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import type { Target } from "../../build/targets.ts";
import { type Placed, place } from "./place.ts";
import { DESCRIPTION, LICENSE, MAINTAINER, REPOSITORY } from "./project.ts";
import { run } from "./run.ts";

/** The oldest glibc that the binary starts with; `npm run verify:dist` shows it. */
const GLIBC = "2.17";

export interface LinuxPackage {
  target: Target;
  version: string;
  /** The time of all files, in seconds, so that the same sources give the same package. */
  time: number;
  /** The files of the archive. */
  files: readonly Placed[];
  outfile: string;
}

/** The files of the archive under their system paths. `zsh` is the distribution's folder for completions. */
function systemFiles(files: readonly Placed[], zsh: string): Placed[] {
  return files.flatMap((file) => {
    const path = systemPath(file.path, zsh);
    if (path === undefined) return [];
    return path.endsWith(".gz") ? [{ path, content: gzip(file) }] : [{ ...file, path }];
  });
}

function systemPath(path: string, zsh: string): string | undefined {
  const places: Record<string, string> = {
    bentocloud: "usr/bin/bentocloud",
    LICENSE: "usr/share/doc/bentocloud/copyright",
    THIRD_PARTY_LICENSES: "usr/share/doc/bentocloud/THIRD_PARTY_LICENSES",
    "completions/bentocloud.bash": "usr/share/bash-completion/completions/bentocloud",
    "completions/_bentocloud": `usr/share/zsh/${zsh}/_bentocloud`,
    "completions/bentocloud.fish": "usr/share/fish/vendor_completions.d/bentocloud.fish",
  };
  return path.startsWith("man/") ? `usr/share/${path}.gz` : places[path];
}

function gzip(file: Placed): Uint8Array {
  if (!("content" in file)) throw new Error(`${file.path} must be given with its content`);
  return gzipSync(file.content, { level: 9 });
}

/** For Debian and its derivatives. Level 9 would take three times as long and save 3 % of the size. */
export function writeDeb({ target, version, time, files, outfile }: LinuxPackage): void {
  const control = [
    "Package: bentocloud",
    `Version: ${version.replace("-", "~")}`,
    `Architecture: ${target.cpu === "x64" ? "amd64" : "arm64"}`,
    `Maintainer: ${MAINTAINER}`,
    "Section: utils",
    "Priority: optional",
    `Homepage: ${REPOSITORY}`,
    `Depends: libc6 (>= ${GLIBC})`,
    `Description: ${DESCRIPTION}`,
  ];
  inFolder((root) => {
    place(
      root,
      [
        ...systemFiles(files, "vendor-completions"),
        { path: "DEBIAN/control", content: `${control.join("\n")}\n` },
      ],
      time,
    );
    run(["dpkg-deb", "--build", "--root-owner-group", "-Zxz", "-z1", root, outfile], {
      env: { SOURCE_DATE_EPOCH: String(time) },
    });
  });
}

/** For Fedora and its derivatives. Neither rpmbuild nor a script that it runs may change the program: nothing is stripped. */
export function writeRpm({ target, version, time, files, outfile }: LinuxPackage): void {
  const installed = systemFiles(files, "site-functions");
  const [number = "", prerelease] = version.split("-");
  const spec = `%global __os_install_post %{nil}
%global __strip /bin/true
%global debug_package %{nil}
%global _build_id_links none
%global use_source_date_epoch_as_buildtime 1
%global source_date_epoch_from_changelog 0
%global clamp_mtime_to_source_date_epoch 1
%global _buildhost bentocloud
%global _binary_payload w9.gzdio
Name: bentocloud
Version: ${number}${prerelease === undefined ? "" : `~${prerelease}`}
Release: 1
Summary: ${DESCRIPTION}
License: ${LICENSE}
URL: ${REPOSITORY}
AutoReqProv: no
Requires: glibc >= ${GLIBC}
%description
${DESCRIPTION}.
%install
mkdir -p "%{buildroot}" && cp -a "%{_topdir}/payload/." "%{buildroot}"
%files
${installed.map(({ path }) => `%attr(-,root,root) /${path}`).join("\n")}
`;
  inFolder((root) => {
    place(join(root, "payload"), installed, time);
    writeFileSync(join(root, "bentocloud.spec"), spec);
    const machine = target.cpu === "x64" ? "x86_64" : "aarch64";
    const define = ["--define", `_topdir ${root}`, "--define", "_rpmfilename bentocloud.rpm"];
    run(["rpmbuild", "-bb", "--quiet", "--target", machine, ...define, join(root, "bentocloud.spec")], {
      env: { SOURCE_DATE_EPOCH: String(time) },
    });
    copyFileSync(join(root, "RPMS/bentocloud.rpm"), outfile);
  });
}

function inFolder(work: (root: string) => void): void {
  const root = mkdtempSync(join(tmpdir(), "bentocloud-package-"));
  try {
    work(root);
  } finally {
    rmSync(root, { recursive: true });
  }
}
