/**
 * Publishes the tarballs of a folder: the platform packages first, then the package that depends on them. It skips what is
 * already published, so that a failed run can be repeated. It needs only Node: no foreign package is installed in the
 * job that may publish.
 */
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";

function run(command, args) {
  const { status, error, stdout, stderr } = spawnSync(command, args, { encoding: "utf8" });
  if (error) throw error;
  return { status, stdout, stderr };
}

function manifestOf(file) {
  const { status, stdout, stderr } = run("tar", ["-xzOf", file, "package/package.json"]);
  if (status !== 0) throw new Error(`${file} is not a package: ${stderr}`);
  return JSON.parse(stdout);
}

function isPublished({ name, version }) {
  const { status, stdout, stderr } = run("npm", ["view", `${name}@${version}`, "version"]);
  if (status === 0) return stdout.trim() === version;
  if (stderr.includes("E404")) return false;
  throw new Error(`cannot find out whether ${name}@${version} is published: ${stderr}`);
}

function publish(file, { name, version }) {
  const tag = version.includes("-") ? "next" : "latest";
  const options = ["--ignore-scripts", "--provenance", "--access", "public", "--tag", tag];
  const { status, stderr } = run("npm", ["publish", file, ...options]);
  if (status !== 0) throw new Error(`${name}@${version} was not published: ${stderr}`);
}

function main(folder) {
  const packages = readdirSync(folder)
    .filter((name) => name.endsWith(".tgz"))
    .map((name) => ({ file: join(folder, name), manifest: manifestOf(join(folder, name)) }))
    .toSorted(
      (one, other) =>
        Number("optionalDependencies" in one.manifest) - Number("optionalDependencies" in other.manifest),
    );
  if (packages.length === 0) throw new Error(`there is no package in ${folder}`);
  for (const { file, manifest } of packages) {
    const wasPublished = isPublished(manifest);
    if (!wasPublished) publish(file, manifest);
    console.log(
      `${manifest.name}@${manifest.version} ${wasPublished ? "was already published" : "published"}`,
    );
  }
}

try {
  main(process.argv[2] ?? "dist/npm");
} catch (error) {
  console.error(`error: ${error.message}`);
  process.exitCode = 1;
}
