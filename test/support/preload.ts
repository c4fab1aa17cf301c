import { sweepCanaries } from "./sweep.ts";

// As `[test] preload` in bunfig.toml this covers test files that forget to call it themselves.
sweepCanaries();

// The tests' own requests go to this machine, which no proxy of the network outside can reach.
for (const name of ["http_proxy", "https_proxy", "all_proxy"]) {
  delete process.env[name];
  delete process.env[name.toUpperCase()];
}
