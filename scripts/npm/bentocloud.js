#!/usr/bin/env node
// Starts the binary that was installed with this package, and exits with its exit code or signal. Node's own search is not
// used, because it also looks into folders above the project, where other users may put a program. This file looks only
// where package managers put dependencies of this package, and only for a package with the right name and version.
import { spawn } from "node:child_process";
import { existsSync, readFileSync, realpathSync } from "node:fs";
import Module from "node:module";
import { basename, dirname, join } from "node:path";
import { isatty } from "node:tty";
import { fileURLToPath } from "node:url";

// Package managers link to packages and commands. The dependencies are near the real path of this package.
const file = realpathSync(fileURLToPath(import.meta.url));
const own = dirname(dirname(file));
const { version, optionalDependencies, repository } = readManifest(own);

function readManifest(folder) {
  return JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
}

function findBinary() {
  const system = process.platform === "win32" ? "windows" : process.platform;
  const name = `@bentocloud/cli-${system}-${process.arch}${isMusl() ? "-musl" : ""}`;
  if (!Object.hasOwn(optionalDependencies, name))
    return fail(`there is no build for ${process.platform} on ${process.arch}`, `see ${repository.url}`);
  const folder = placesFor(name).find((place) => existsSync(join(place, "package.json")));
  if (!folder) {
    const reason = "optional dependencies were left out, or node_modules comes from another machine";
    return fail(`${name} is not installed: ${reason}`, "`npm install --include=optional` adds it");
  }
  const found = readManifest(folder);
  if (found.name !== name || found.version !== version)
    return fail(`${folder} is not ${name} ${version}`, "install bentocloud again");
  return join(folder, "bin", system === "windows" ? "bentocloud.exe" : "bentocloud");
}

/** Where a dependency of this package can be, the nearest place first. */
function placesFor(name) {
  // Yarn's Plug'n'Play has no node_modules, but a list of the dependencies of each package.
  const yarn = Module.findPnpApi?.(file);
  if (!yarn) return modulesFolders().map((folder) => join(folder, name));
  try {
    return [yarn.resolveToUnqualified(name, file)];
  } catch {
    return [];
  }
}

function modulesFolders() {
  const folders = [join(own, "node_modules")];
  // A dependency may be moved up, as far as node_modules folders lie in each other: to the outermost of the installation.
  for (let folder = own; ;) {
    const parent = dirname(folder);
    const modules = basename(parent).startsWith("@") ? dirname(parent) : parent;
    if (basename(modules) !== "node_modules") break;
    folders.push(modules);
    folder = dirname(modules);
  }
  // Yarn's pnpm mode keeps a package in .store/NAME/package, and its dependencies in .store/NAME/node_modules.
  if (basename(own) === "package" && basename(dirname(dirname(own))) === ".store")
    folders.push(join(dirname(own), "node_modules"));
  return folders;
}

function isMusl() {
  if (process.platform !== "linux") return false;
  // Otherwise the report looks up the host names of all open connections.
  process.report.excludeNetwork = true;
  return !process.report.getReport().header.glibcVersionRuntime;
}

function fail(message, hint) {
  console.error(`error: ${message}\nhint: ${hint}`);
  process.exitCode = 1;
}

function start(binary) {
  const isAtTerminal = isatty(0) || isatty(1) || isatty(2);
  // Listen before the child starts: a signal in between would end this process and leave the child running.
  for (const signal of ["SIGINT", "SIGQUIT", "SIGHUP", "SIGTERM"]) {
    // A terminal sends its signals to the child too, and a program may react differently to a second one.
    const isPassedOn = !isAtTerminal || signal === "SIGTERM";
    process.on(signal, () => isPassedOn && child.kill(signal));
  }
  const child = spawn(binary, process.argv.slice(2), { stdio: "inherit" });
  child.on("error", (error) => fail(`${binary} cannot be run: ${error.message}`, "install bentocloud again"));
  child.on("exit", (code, signal) => {
    process.exitCode = code ?? 1;
    if (!signal) return;
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
}

const binary = findBinary();
if (binary) start(binary);
