#!/usr/bin/env bash
# Builds keyferry as a static binary. The same sources and the same tools give the same bytes, wherever they are built.
#
#   release/binary.sh TARGET_FOLDER [PROFILE [TRIPLE]]
#
# TARGET_FOLDER is a target folder of cargo. PROFILE is a cargo profile, dist by default. TRIPLE is a musl target,
# x86_64-unknown-linux-musl by default: it needs musl-gcc. For other targets, set CC_… and CARGO_TARGET_…_LINKER.
# Prints the path of the binary.
set -euo pipefail

mkdir -p "${1:?usage: release/binary.sh TARGET_FOLDER [PROFILE [TRIPLE]]}"
folder=$(cd "$1" && pwd)
profile=${2:-dist}
target=${3:-x86_64-unknown-linux-musl}
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# Unpacks the sources of the dependencies, whose paths are mapped below.
cargo fetch --quiet --locked --target "$target"

# Paths get into a binary through the locations of panics and __FILE__. Cargo names the sources of a registry after its
# URL, which differs behind a mirror. The workspace needs no mapping: cargo gives its files relative paths.
registry=${CARGO_HOME:-$HOME/.cargo}/registry/src
rust=("--remap-path-prefix=$folder=/target")
c="-ffile-prefix-map=$folder=/target"
for sources in "$registry"/*/; do
  rust+=("--remap-path-prefix=${sources%/}=/registry")
  c+=" -ffile-prefix-map=${sources%/}=/registry"
done
CARGO_ENCODED_RUSTFLAGS=$(IFS=$'\x1f' && echo "${rust[*]}")
export CARGO_ENCODED_RUSTFLAGS "CFLAGS_${target//-/_}=$c" CARGO_TARGET_DIR=$folder
# For __DATE__ and __TIME__ in C, and for archives.
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || echo 0)}
# Line tables would name the folder of the workspace.
export SOURCE_DATE_EPOCH ZERO_AR_DATE=1 CARGO_INCREMENTAL=0 CARGO_PROFILE_DEV_DEBUG=false
[[ $target != x86_64-unknown-linux-musl ]] || export CC_x86_64_unknown_linux_musl=musl-gcc

cargo build --locked --package keyferry --bin keyferry --target "$target" --profile "$profile" >&2
built=$folder/$target/$([[ $profile == dev ]] && echo debug || echo "$profile")/keyferry
if readelf --program-headers "$built" | grep -q INTERP; then
  echo "binary.sh: $built is not static: it needs a dynamic loader" >&2
  exit 1
fi
echo "$built"
