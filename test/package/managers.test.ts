import { describe, expect, test } from "bun:test";
import { TARGETS } from "../../build/targets.ts";
import { archiveName } from "../../scripts/package/archive.ts";
import { renderFormula } from "../../scripts/package/homebrew.ts";
import { renderManifest } from "../../scripts/package/scoop.ts";
import { needs } from "../support/needs.ts";

const CHECKSUMS = TARGETS.map((target, at) => `${String(at).repeat(64)}  ${archiveName(target)}\n`).join("");

describe("Homebrew", () => {
  test("renders the formula of a release", () => {
    expect(renderFormula("1.2.3", CHECKSUMS)).toMatchInlineSnapshot(`
      "class Bentocloud < Formula
        desc "Sign people, projects and CI jobs in to BentoCloud"
        homepage "https://github.com/bentoml/bentocloud"
        version "1.2.3"
        license "Apache-2.0"

        on_macos do
          on_arm do
            url "https://github.com/bentoml/bentocloud/releases/download/v1.2.3/bentocloud-darwin-arm64.tar.gz"
            sha256 "4444444444444444444444444444444444444444444444444444444444444444"
          end
          on_intel do
            url "https://github.com/bentoml/bentocloud/releases/download/v1.2.3/bentocloud-darwin-x64.tar.gz"
            sha256 "5555555555555555555555555555555555555555555555555555555555555555"
          end
        end

        on_linux do
          on_arm do
            url "https://github.com/bentoml/bentocloud/releases/download/v1.2.3/bentocloud-linux-arm64.tar.gz"
            sha256 "1111111111111111111111111111111111111111111111111111111111111111"
          end
          on_intel do
            url "https://github.com/bentoml/bentocloud/releases/download/v1.2.3/bentocloud-linux-x64.tar.gz"
            sha256 "0000000000000000000000000000000000000000000000000000000000000000"
          end
        end

        def install
          bin.install "bentocloud"
          man1.install Dir["man/man1/*.1"]
          bash_completion.install "completions/bentocloud.bash" => "bentocloud"
          zsh_completion.install "completions/_bentocloud"
          fish_completion.install "completions/bentocloud.fish"
        end

        test do
          assert_equal "bentocloud #{version}", shell_output("#{bin}/bentocloud --version").strip
        end
      end
      "
    `);
  });

  needs("ruby").test("the formula is valid Ruby", () => {
    const { stdout, exitCode } = Bun.spawnSync(["ruby", "-c"], {
      stdin: Buffer.from(renderFormula("1.2.3", CHECKSUMS)),
    });
    expect({ exitCode, stdout: stdout.toString() }).toEqual({ exitCode: 0, stdout: "Syntax OK\n" });
  });
});

test("Scoop: renders the manifest of a release", () => {
  expect(renderManifest("1.2.3", CHECKSUMS)).toMatchInlineSnapshot(`
    "{
      "version": "1.2.3",
      "description": "Sign people, projects and CI jobs in to BentoCloud from one small binary",
      "homepage": "https://github.com/bentoml/bentocloud",
      "license": "Apache-2.0",
      "architecture": {
        "64bit": {
          "url": "https://github.com/bentoml/bentocloud/releases/download/v1.2.3/bentocloud-windows-x64.zip",
          "hash": "6666666666666666666666666666666666666666666666666666666666666666"
        },
        "arm64": {
          "url": "https://github.com/bentoml/bentocloud/releases/download/v1.2.3/bentocloud-windows-arm64.zip",
          "hash": "7777777777777777777777777777777777777777777777777777777777777777"
        }
      },
      "bin": "bentocloud.exe",
      "checkver": "github",
      "autoupdate": {
        "architecture": {
          "64bit": {
            "url": "https://github.com/bentoml/bentocloud/releases/download/v$version/bentocloud-windows-x64.zip"
          },
          "arm64": {
            "url": "https://github.com/bentoml/bentocloud/releases/download/v$version/bentocloud-windows-arm64.zip"
          }
        },
        "hash": {
          "url": "$baseurl/checksums.txt"
        }
      }
    }
    "
  `);
});

test.each([renderFormula, renderManifest])("%p fails when a checksum is missing", (render) => {
  const without = CHECKSUMS.replaceAll(/.*(darwin|windows)-arm64.*\n/g, "");
  expect(() => render("1.2.3", without)).toThrow(
    /checksums.txt has no line for bentocloud-(darwin|windows)-arm64/,
  );
});
