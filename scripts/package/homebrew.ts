import { TARGETS } from "../../build/targets.ts";
import { archiveName } from "./archive.ts";
import { checksumOf } from "./checksums.ts";
import { downloadUrl, LICENSE, REPOSITORY } from "./project.ts";

/** The Homebrew formula of a release, from its version and the text of its checksums.txt. */
export function renderFormula(version: string, checksums: string): string {
  const source = (name: string) => {
    const file = archiveName(TARGETS.find((target) => target.name === name)!);
    return `url "${downloadUrl(version, file)}"
      sha256 "${checksumOf(checksums, file)}"`;
  };
  return `class Bentocloud < Formula
  desc "Sign people, projects and CI jobs in to BentoCloud"
  homepage "${REPOSITORY}"
  version "${version}"
  license "${LICENSE}"

  on_macos do
    on_arm do
      ${source("darwin-arm64")}
    end
    on_intel do
      ${source("darwin-x64")}
    end
  end

  on_linux do
    on_arm do
      ${source("linux-arm64")}
    end
    on_intel do
      ${source("linux-x64")}
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
`;
}
