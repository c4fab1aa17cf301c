#!/usr/bin/env node
// Starts the binary that npm installed beside this package, and exits with its exit code or signal.
import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { isatty } from "node:tty";

const require = createRequire(import.meta.url);
const { optionalDependencies, repository } = require("../package.json");

function findBinary() {
  // For tests.
  if (process.env.BENTOCLOUD_BINARY) return process.env.BENTOCLOUD_BINARY;
  const system = process.platform === "win32" ? "windows" : process.platform;
  const name = `@bentocloud/cli-${system}-${process.arch}${isMusl() ? "-musl" : ""}`;
  if (!Object.hasOwn(optionalDependencies, name))
    return fail(`there is no build for ${process.platform} on ${process.arch}`, `see ${repository.url}`);
  try {
    return require.resolve(`${name}/bin/bentocloud${system === "windows" ? ".exe" : ""}`);
  } catch {
    const reason = "optional dependencies were left out, or node_modules comes from another machine";
    return fail(`${name} is not installed: ${reason}`, "`npm install --include=optional` adds it");
  }
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
