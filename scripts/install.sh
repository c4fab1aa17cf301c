#!/bin/sh
# Installs bentocloud:
#
#   curl -fsSL https://github.com/bentoml/bentocloud/releases/latest/download/install.sh | sh
#
# BENTOCLOUD_VERSION      the release, 1.2.3 or v1.2.3 (default: the newest)
# BENTOCLOUD_INSTALL_DIR  where the program goes (default: ~/.local/bin)
# BENTOCLOUD_RELEASES     where the releases are: https, or http on this machine (default: those of the project)
#
# Everything is in functions that the last line calls, so that an incomplete download of this file does nothing.
set -eu

main() {
  releases=${BENTOCLOUD_RELEASES:-https://github.com/bentoml/bentocloud/releases}
  releases=${releases%/}
  directory=${BENTOCLOUD_INSTALL_DIR:-${HOME:?}/.local/bin}
  case $directory in /*) ;; *) directory=$PWD/$directory ;; esac
  temp='' staged='' made=''
  require_safe_address
  archive=bentocloud-$(detect_target).tar.gz
  trap clean_up EXIT
  trap 'exit 129' HUP
  trap 'exit 130' INT
  trap 'exit 143' TERM
  temp=$(mktemp -d)
  find_tag
  download_archive
  install_program
  say_where
}

require_safe_address() {
  case $releases in
    *@*) fail "BENTOCLOUD_RELEASES must name no user" ;;
    https://*) protocols='=https' ;;
    http://127.0.0.1:* | http://localhost:* | 'http://[::1]:'*) protocols='=http,https' ;;
    *) fail "BENTOCLOUD_RELEASES must begin with https://" ;;
  esac
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
  if command -v ldd >/dev/null; then
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
    tag=$(cat "$temp/version.txt")
  fi
  tag=v${tag#v}
  case $tag in v[0-9]*) ;; *) fail "$tag is no version" ;; esac
  case $tag in *[!0-9A-Za-z.+-]*) fail "that is no version" ;; esac
}

download_archive() {
  download "$releases/download/$tag/checksums.txt" checksums.txt
  expected=$(checksum_for "$archive")
  if [ "${#expected}" -ne 64 ]; then fail "checksums.txt of $tag has no checksum of $archive"; fi
  say "downloading bentocloud $tag ($archive)"
  download "$releases/download/$tag/$archive" "$archive"
  actual=$(sha256 "$temp/$archive")
  if [ "${actual%% *}" != "$expected" ]; then
    fail "$archive is not what checksums.txt of $tag says: ${actual%% *} instead of $expected"
  fi
}

checksum_for() {
  while read -r sum name; do
    if [ "$name" = "$1" ]; then printf '%s' "$sum"; fi
  done <"$temp/checksums.txt"
}

sha256() {
  if command -v sha256sum >/dev/null; then
    sha256sum "$1"
  elif command -v shasum >/dev/null; then
    shasum -a 256 "$1"
  elif command -v openssl >/dev/null; then
    openssl dgst -sha256 -r "$1"
  else
    fail "sha256sum, shasum or openssl is needed to check what was downloaded"
  fi
}

download() {
  if command -v curl >/dev/null; then
    curl -fsSL --proto "$protocols" --proto-redir "$protocols" -o "$temp/$2" "$1" || fail "cannot download $1"
  elif command -v wget >/dev/null; then
    wget -q -O "$temp/$2" "$1" 2>"$temp/complaints" || fail "cannot download $1"
    # Some builds of BusyBox accept any certificate, and print a warning.
    case $(cat "$temp/complaints") in
      *certificate*) fail "this wget does not check certificates; install curl" ;;
    esac
  else
    fail "curl or wget is needed"
  fi
}

install_program() {
  tar -xzf "$temp/$archive" -C "$temp" bentocloud || fail "$archive holds no bentocloud"
  if [ -d "$directory/bentocloud" ]; then fail "$directory/bentocloud is a directory"; fi
  make_directory
  staged=$directory/.bentocloud.$$
  cp "$temp/bentocloud" "$staged" || fail "cannot write to $directory"
  chmod 755 "$staged"
  # Run it before it replaces a program that works.
  version=$("$staged" --version) || fail "bentocloud does not run here$(explain_libraries)"
  mv -f "$staged" "$directory/bentocloud" || fail "cannot write to $directory"
  staged='' made=''
}

make_directory() {
  path=$directory
  while [ ! -e "$path" ]; do
    made=$path
    path=$(dirname "$path")
  done
  mkdir -p "$directory" || fail "cannot make $directory"
}

explain_libraries() {
  case $archive in *-musl.*) printf ': on Alpine, it needs "apk add libstdc++ libgcc"' ;; esac
}

say_where() {
  say "installed $version as $directory/bentocloud"
  case ":$PATH:" in
    *":$directory:"*) ;;
    *) say "$directory is not in PATH; in your shell's profile: export PATH=\"$directory:\$PATH\"" ;;
  esac
}

clean_up() {
  if [ -n "$temp" ]; then rm -rf "$temp"; fi
  if [ -n "$staged" ]; then rm -f "$staged"; fi
  if [ -n "$made" ]; then
    path=$directory
    while rmdir "$path" 2>/dev/null && [ "$path" != "$made" ]; do path=$(dirname "$path"); done
  fi
}

say() {
  printf '%s\n' "$1" >&2
}

fail() {
  say "error: $1"
  exit 1
}

main
