#!/usr/bin/env bash
# Builds the binary a second time, from a copy of the sources in another folder, under another time zone, language, user
# name and mask, and compares the bytes.
#
#   release/reproducible.sh TARGET_FOLDER BINARY [PROFILE]
#   release/reproducible.sh --whole FOLDER
#
# The first form takes a BINARY that release/binary.sh built in TARGET_FOLDER, and builds in the same folder: cargo
# keeps the dependencies and compiles only the packages of the workspace again.
# The second form builds the profile dist twice from nothing, in two target folders and with two homes of cargo, in FOLDER.
set -euo pipefail

usage='usage: release/reproducible.sh TARGET_FOLDER BINARY [PROFILE] | --whole FOLDER'
here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# Not of equal length: a path of equal length would hide what depends on the length.
copy=$work/another/folder/for/the/same/sources
mkdir -p "$copy" "$work/home"

SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git -C "$here" log -1 --format=%ct 2>/dev/null || echo 0)}
export SOURCE_DATE_EPOCH
# Files of the copy are newer than what was built. Otherwise cargo would compile nothing again.
again() {
  git -C "$here" ls-files -z --cached --others --exclude-standard --deduplicate |
    (cd "$here" && xargs -0 -I{} sh -c '[ ! -e "$1" ] || printf "%s\0" "$1"' - {}) |
    tar -C "$here" --null --no-recursion -T - -c | tar -C "$copy" --touch -x
  (
    umask 0077
    # At every hour of the day, the date there is not the date in UTC for most of the day.
    export TZ=Pacific/Kiritimati LC_ALL=C.UTF-8 LANG=C.UTF-8 USER=somebody LOGNAME=somebody
    CARGO_TERM_QUIET=false "$copy/release/binary.sh" "$@" 2> >(tee "$work/log" >&2)
  )
  for package in keyferry keyferry-domain keyferry-engine; do
    if ! grep -q "Compiling $package v" "$work/log"; then
      echo "reproducible.sh: the second build did not compile $package: nothing was compared" >&2
      exit 1
    fi
  done
}

if [[ ${1:?$usage} == --whole ]]; then
  mkdir -p "${2:?$usage}"
  folder=$(cd "$2" && pwd)
  rm -rf "$folder/first" "$folder/second-with-a-longer-name"
  first=$("$here/release/binary.sh" "$folder/first" dist)
  # The same downloads under another path.
  cargo_home=${CARGO_HOME:-$HOME/.cargo}
  find "$cargo_home" -mindepth 1 -maxdepth 1 -not -name '.*' -exec ln -s -t "$work/home" {} +
  second=$(CARGO_HOME=$work/home again "$folder/second-with-a-longer-name" dist)
else
  target=$1
  first=$work/first
  # The second build writes to the place of the first.
  cp "${2:?$usage}" "$first"
  second=$(again "$target" "${3:-dist}")
fi

sha256sum "$first" "$second"
if ! cmp "$first" "$second"; then
  echo "reproducible.sh: two builds of the same sources differ. Compare them with diffoscope:" >&2
  cp "$first" "$second.first"
  echo "  diffoscope $second.first $second" >&2
  exit 1
fi
for trace in "$HOME" "$here" "$work" "${CARGO_HOME:-$HOME/.cargo}" "$(dirname "$(dirname "$(dirname "$second")")")"; do
  if grep -qaF -- "$trace/" "$second"; then
    echo "reproducible.sh: the binary contains paths of this machine:" >&2
    grep -aoE -m3 -- "[[:print:]]*${trace//./\\.}/[[:print:]]{0,80}" "$second" | head -5 >&2
    exit 1
  fi
done
echo "both builds give the same binary"
