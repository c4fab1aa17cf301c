#!/bin/sh
# Runs a command in a mount namespace where /lib also has the files of a folder: with-libraries.sh FOLDER COMMAND…
# A program names its loader by a path in /lib, and nothing else on this machine must see that file.
set -eu
user=
[ "$(id -u)" -eq 0 ] || user=--map-root-user
# shellcheck disable=SC2016,SC2086
exec unshare $user --mount sh -c 'mount -t overlay overlay -o "lowerdir=$1:/lib" /lib && shift && exec "$@"' sh "$@"
