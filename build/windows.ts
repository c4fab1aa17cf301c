import { NtExecutable, NtExecutableResource, Resource } from "resedit";
import manifest from "../package.json" with { type: "json" };

const LANGUAGE = { lang: 1033, codepage: 1200 };

/**
 * Says of a program for Windows what it is, in the task manager and among its properties. Bun does so only when it compiles
 * on Windows. The runtime is changed before our code is put behind it, and its sections stay where they are.
 */
export function describeProgram(runtime: Uint8Array): Uint8Array {
  const program = NtExecutable.from(runtime, { ignoreCert: true });
  const resources = NtExecutableResource.from(program);
  const [info] = Resource.VersionInfo.fromEntries(resources.entries);
  if (!info) throw new Error("the runtime for Windows has no version");
  const { version, description } = manifest;
  const numbers = `${version.replace(/-.*/, "")}.0`;
  info.setFileVersion(numbers);
  info.setProductVersion(numbers);
  info.removeAllStringValues(LANGUAGE);
  info.setStringValues(LANGUAGE, {
    CompanyName: "BentoML",
    FileDescription: description,
    FileVersion: version,
    InternalName: "bentocloud",
    LegalCopyright: manifest.license,
    OriginalFilename: "bentocloud.exe",
    ProductName: "bentocloud",
    ProductVersion: version,
  });
  info.outputToResourceEntries(resources.entries);
  resources.outputResource(program, true);
  return new Uint8Array(program.generate());
}
