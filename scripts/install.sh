#!/bin/sh
# Installs bentocloud:
#
#   curl -fsSL https://github.com/bentoml/bentocloud/releases/latest/download/install.sh | sh
#
# BENTOCLOUD_VERSION      the release, 1.2.3 or v1.2.3 (default: the newest)
# BENTOCLOUD_INSTALL_DIR  where the program goes (default: ~/.local/bin)
# BENTOCLOUD_RELEASES     where the releases are: https, or http on this machine (default: those of the project)
# BENTOCLOUD_ATTESTATION  true: let `gh` verify that the project's own pipeline made the archive (default: false)
#
# Everything is in functions that the last line calls, so that an incomplete download of this file does nothing.
# Text from the network is checked before it is printed, and programs are verified before they run.
set -eu

main() {
  # zsh then follows POSIX, for traps and for patterns that match nothing.
  if [ -n "${ZSH_VERSION:-}" ] && has emulate; then emulate sh; fi
  LC_ALL=C
  export LC_ALL
  # Under a permissive umask, others could write into the folders that are made.
  umask go-w
  read_settings
  require_tools
  archive=bentocloud-$(detect_target).tar.gz
  temp='' staged='' made=''
  trap clean_up EXIT
  trap 'exit_with 129' HUP
  trap 'exit_with 130' INT
  trap 'exit_with 143' TERM
  temp=$(mktemp -d 2>/dev/null) || fail "cannot make a temporary folder in ${TMPDIR:-/tmp}"
  find_tag
  download_archive
  verify_attestation
  install_program
  say_where
}

read_settings() {
  releases=${BENTOCLOUD_RELEASES:-https://github.com/bentoml/bentocloud/releases}
  releases=${releases%/}
  case $releases in
    *@*) fail "BENTOCLOUD_RELEASES must name no user" ;;
    https://*) protocols='=https' is_https=on ;;
    http://127.0.0.1:* | http://localhost:* | 'http://[::1]:'*) protocols='=http,https' is_https=off ;;
    *) fail "BENTOCLOUD_RELEASES must begin with https://" ;;
  esac
  attestation=${BENTOCLOUD_ATTESTATION:-false}
  case $attestation in true | false) ;; *) fail "BENTOCLOUD_ATTESTATION must be true or false" ;; esac
  directory=${BENTOCLOUD_INSTALL_DIR:-${HOME:+$HOME/.local/bin}}
  case $directory in
    '') fail "HOME is not set; set BENTOCLOUD_INSTALL_DIR to a folder for the program" ;;
    /*) ;;
    *) directory=$PWD/$directory ;;
  esac
}

require_tools() {
  for tool in chmod cp dirname gzip id mkdir mktemp mv rm rmdir sed tar uname; do
    has "$tool" || fail "$tool is needed"
  done
  if has curl; then
    downloader=curl
  elif has wget; then
    case $(wget --version 2>&1) in
      'GNU Wget2 '*) downloader=wget2 ;;
      'GNU Wget '*) downloader=wget ;;
      *) downloader=busybox ;;
    esac
    # It follows redirects to http, and in some builds it accepts any certificate.
    if [ "$downloader$is_https" = busyboxon ]; then fail "this wget is not safe with https; install curl"; fi
  else
    fail "curl or wget is needed"
  fi
  if [ "$attestation" = true ]; then
    has gh || fail "gh is needed to verify the attestation; BENTOCLOUD_ATTESTATION=false does without"
  fi
}

detect_target() {
  system=$(uname -s)
  machine=$(uname -m)
  case $machine in
    x86_64 | amd64) machine=x64 ;;
    aarch64 | arm64) machine=arm64 ;;
    *) fail "there is no build for $system on $machine" ;;
  esac
  case $system in
    Linux)
      if uses_musl; then machine=$machine-musl; fi
      printf 'linux-%s\n' "$machine"
      ;;
    Darwin)
      # In a shell under Rosetta, uname reports an Intel processor.
      if [ "$(sysctl -n sysctl.proc_translated 2>/dev/null)" = 1 ]; then machine=arm64; fi
      printf 'darwin-%s\n' "$machine"
      ;;
    MINGW* | MSYS* | CYGWIN*) fail "on Windows, use install.ps1, Scoop or npm" ;;
    *) fail "there is no build for $system" ;;
  esac
}

uses_musl() {
  if has ldd; then
    case $(ldd --version 2>&1) in *musl*) return 0 ;; *) return 1 ;; esac
  fi
  for loader in /lib/ld-musl-*; do [ -e "$loader" ] && return 0; done
  return 1
}

# The newest release can change between two downloads, so its version is asked for once.
find_tag() {
  tag=${BENTOCLOUD_VERSION:-latest}
  if [ "$tag" = latest ]; then
    download "$releases/latest/download/version.txt" version.txt
    # `read` fails for a line without an end: the rest of the version may be missing.
    read -r tag <"$temp/version.txt" || tag=''
    is_version "${tag#v}" || fail "version.txt of the newest release holds no version"
  fi
  tag=v${tag#v}
  is_version "${tag#v}" || fail "BENTOCLOUD_VERSION is no version; 1.2.3 is one"
}

is_version() {
  case $1 in *[!0-9A-Za-z.-]* | *-) return 1 ;; esac
  case ${1%%-*} in
    *[!0-9.]* | .* | *. | *..* | *.*.*.*) return 1 ;;
    *.*.*) return 0 ;;
    *) return 1 ;;
  esac
}

download_archive() {
  download "$releases/download/$tag/checksums.txt" checksums.txt
  expected=$(checksum_for "$archive")
  case $expected in *[!0-9a-f]*) expected='' ;; esac
  if [ "${#expected}" -ne 64 ]; then fail "checksums.txt of $tag has no checksum of $archive"; fi
  say "downloading bentocloud $tag ($archive)"
  download "$releases/download/$tag/$archive" "$archive"
  actual=$(sha256 "$temp/$archive")
  if [ "${actual%% *}" != "$expected" ]; then
    fail "$archive does not match checksums.txt of $tag: its hash is ${actual%% *}, not $expected"
  fi
}

checksum_for() {
  while read -r sum name; do
    if [ "$name" = "$1" ]; then printf '%s' "$sum"; fi
  done <"$temp/checksums.txt"
}

sha256() {
  if has sha256sum; then
    sha256sum "$1"
  elif has shasum; then
    shasum -a 256 "$1"
  elif has openssl; then
    openssl dgst -sha256 -r "$1"
  else
    fail "sha256sum, shasum or openssl is needed to check what was downloaded"
  fi
}

# Each program ignores the start-up files of the user, and stays with https where the releases have it.
download() {
  file=$temp/$2
  case $downloader in
    curl) curl -q -fgsSL --proto "$protocols" --proto-redir "$protocols" -o "$file" "$1" ;;
    wget) follow_with_wget "$1" ;;
    # It leaves an empty file where a redirect leads to http.
    wget2) wget --no-config -q --https-only="$is_https" -O "$file" "$1" && [ -s "$file" ] ;;
    busybox) wget -q -O "$file" "$1" ;;
  esac 2>"$temp/said" && return 0
  # What was said may quote the server: only plain characters, and no headers, which begin with a blank.
  sed -e '/^ /d' -e 's/[^ -~]//g' -e 's/^\(.\{200\}\).*/\1/' "$temp/said" >&2
  fail "cannot download $1"
}

# GNU Wget has no option against redirects from https to http, so it follows none, and each is looked at here.
follow_with_wget() {
  address=$1 hops=0
  while [ "$hops" -lt 10 ]; do
    case $is_https$address in onhttps://* | offhttps://* | offhttp://*) ;; *) return 1 ;; esac
    wget --no-config --tries=3 --max-redirect=0 -nv -S -O "$file" "$address" 2>"$temp/said" && return 0
    address='' hops=$((hops + 1))
    while read -r field value _; do
      case $field in [Ll]ocation:) address=$value ;; esac
    done <"$temp/said"
  done
  return 1
}

# `gh` looks up who built a file with this hash: the release pipeline of the project, from the tag that is asked for.
verify_attestation() {
  if [ "$attestation" = false ]; then return; fi
  pipeline=bentoml/bentocloud/.github/workflows/release.yml
  gh attestation verify "$temp/$archive" --repo bentoml/bentocloud \
    --signer-workflow "$pipeline" --source-ref "refs/tags/$tag" </dev/null >&2 ||
    fail "the release pipeline of bentocloud did not make this $archive"
}

install_program() {
  tar -xzf "$temp/$archive" -C "$temp" bentocloud 2>/dev/null || fail "$archive holds no bentocloud"
  if [ -h "$temp/bentocloud" ] || [ ! -f "$temp/bentocloud" ]; then fail "$archive holds no bentocloud"; fi
  if [ -d "$directory/bentocloud" ]; then fail "$directory/bentocloud is a directory"; fi
  make_directory
  staged=$(mktemp "$directory/.bentocloud.XXXXXX" 2>/dev/null) || fail "cannot write to $directory"
  cp "$temp/bentocloud" "$staged" || fail "cannot write to $directory"
  chmod 755 "$staged"
  # Run it before it replaces a program that works. It has no use for the token of `gh`.
  version=$(cd "$temp" && unset GH_TOKEN GITHUB_TOKEN && "$staged" --version </dev/null) ||
    fail "bentocloud does not run here$(explain_libraries)"
  if [ "$version" != "bentocloud ${tag#v}" ]; then fail "the program in $archive is not bentocloud ${tag#v}"; fi
  mv -f "$staged" "$directory/bentocloud" || fail "cannot write to $directory"
  staged='' made=''
}

make_directory() {
  missing=$directory
  while [ ! -e "$missing" ]; do
    made=$missing
    missing=$(dirname "$missing")
  done
  mkdir -p "$directory" 2>/dev/null || fail "cannot make $directory"
}

explain_libraries() {
  case $archive in *-musl.*) printf ': on Alpine, it needs "apk add libstdc++ libgcc"' ;; esac
}

say_where() {
  say "installed $version as $directory/bentocloud"
  if [ "$(id -u)" = 0 ] && [ -z "${BENTOCLOUD_INSTALL_DIR:-}" ]; then
    say "this was run as root, and only for root; for everybody: BENTOCLOUD_INSTALL_DIR=/usr/local/bin"
  fi
  case ":$PATH:" in
    *":$directory:"*)
      first=$(command -v bentocloud) || first=''
      case $first in "$directory/bentocloud") ;; /*) say "PATH has another one first: $first" ;; esac
      return
      ;;
  esac
  case $directory in
    *[!0-9A-Za-z/\ ._+@%~-]*) say "$directory is not in PATH; add it in your shell's profile" ;;
    *) say "$directory is not in PATH; in your shell's profile: export PATH=\"$directory:\$PATH\"" ;;
  esac
}

# In mksh, a trap for EXIT that runs after one for a signal would change the exit code.
exit_with() {
  trap - EXIT
  clean_up
  exit "$1"
}

clean_up() {
  if [ -n "$temp" ]; then rm -rf "$temp"; fi
  if [ -n "$staged" ]; then rm -f "$staged"; fi
  if [ -n "$made" ]; then
    folder=$directory
    while rmdir "$folder" 2>/dev/null && [ "$folder" != "$made" ]; do folder=$(dirname "$folder"); done
  fi
}

has() {
  command -v "$1" >/dev/null 2>&1
}

say() {
  printf '%s\n' "$1" >&2
}

fail() {
  say "error: $1"
  exit 1
}

main
