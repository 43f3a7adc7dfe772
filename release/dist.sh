#!/usr/bin/env bash
# Builds what a release consists of: static binaries with man pages and completions, the container image, SBOM, checksums.
#
#   release/dist.sh FOLDER
#
# FOLDER/out gets the files to publish.
# Needs what deploy/image/build.sh needs. aarch64 is cross-compiled with the C compiler of Zig, which is installed from
# PyPI into FOLDER/tools; where that or Rust's target is not available, it is SKIPPED.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
mkdir -p "${1:?usage: release/dist.sh FOLDER}"
folder=$(cd "$1" && pwd)
cd "$here"
version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -1)
epoch=$(git log -1 --format=%ct)
rm -rf "$folder/out"
mkdir -p "$folder/out" "$folder/tools"

cargo run --quiet --locked --package keyferry-release -- "$folder/manual"

# One archive for each target. The same sources give the same bytes.
pack() {
  local target=$1 binary=$2 name=keyferry-$version-$1 root
  root=$folder/pack/$name
  rm -rf "$root"
  mkdir -p "$root"
  install -m 0755 "$binary" "$root/keyferry"
  install -m 0644 LICENSE-APACHE LICENSE-MIT README.md CHANGELOG.md "$root"
  cp -r "$folder/manual/man" "$folder/manual/completions" "$root"
  tar --sort=name --owner=0 --group=0 --numeric-owner --mtime="@$epoch" -C "$folder/pack" -c "$name" |
    gzip -n -9 >"$folder/out/$name.tar.gz"
}

# The list of parts of one target, checked against its binary if the validator is installed (`cargo xtask outsiders`).
parts() {
  local target=$1 binary=$2 python=outsiders/venv/bin/python list
  list=$folder/out/keyferry-$version-$target.cdx.json
  cargo xtask sbom "${target%%-*}" >"$list"
  if [[ -x $python ]]; then
    "$python" outsiders/sbom/check.py "$list" "$binary"
  else
    echo "dist.sh: outsiders/venv is not installed; $list was not validated. SKIPPED"
  fi
}

# x86_64: the binary of the image.
deploy/image/build.sh "$folder/image" dist
deploy/image/try.sh "$folder/image"
pack x86_64-unknown-linux-musl "$folder/image/rootfs/usr/local/bin/keyferry"
parts x86_64-unknown-linux-musl "$folder/image/rootfs/usr/local/bin/keyferry"
skopeo copy --quiet "oci:$folder/image/oci:$version" "oci-archive:$folder/out/keyferry-$version-image-amd64.tar:$version"

target=aarch64-unknown-linux-musl
zig=$folder/tools/zig/bin/python
if [[ ! -x $zig ]] || ! "$zig" -m ziglang version >/dev/null 2>&1; then
  python3 -m venv "$folder/tools/zig" && "$folder/tools/zig/bin/pip" install --quiet --require-hashes -r release/zig.txt || true
fi
rustup target add $target >/dev/null 2>&1 || true
if rustup target list --installed | grep -qx $target && "$zig" -m ziglang version >/dev/null 2>&1; then
  # Rust names the target with its vendor, which Zig does not know.
  cat >"$folder/tools/aarch64-cc" <<WRAP
#!/usr/bin/env bash
arguments=()
for argument; do
  case \$argument in --target=*) ;; *) arguments+=("\$argument") ;; esac
done
exec "$zig" -m ziglang cc -target aarch64-linux-musl "\${arguments[@]}"
WRAP
  printf '#!/bin/sh\nexec "%s" -m ziglang ar "$@"\n' "$zig" >"$folder/tools/aarch64-ar"
  chmod +x "$folder/tools/aarch64-cc" "$folder/tools/aarch64-ar"
  CC_aarch64_unknown_linux_musl=$folder/tools/aarch64-cc AR_aarch64_unknown_linux_musl=$folder/tools/aarch64-ar \
    CARGO_TARGET_AARCH64_UNKNOWN_LINUX_MUSL_LINKER=rust-lld \
    release/binary.sh "$folder/target" dist $target >"$folder/tools/built"
  built=$(cat "$folder/tools/built")
  if qemu=$(command -v qemu-aarch64-static || command -v qemu-aarch64); then
    # One order through all steps: the cryptography of the other architecture included.
    "$qemu" "$built" demo --scenario --api-port 0 --probe-port 0 --sandbox-port 0 --smtp-port 0 --smtps-port 0 \
      --data-dir "$folder/scenario"
    rm -rf "$folder/scenario"
  else
    echo "dist.sh: qemu-aarch64 (Debian: qemu-user-static) is not installed; $target was not started. SKIPPED"
  fi
  pack $target "$built"
  parts $target "$built"
else
  echo "dist.sh: Rust's target $target or Zig cannot be installed here. SKIPPED"
fi

(cd "$folder/out" && sha256sum -- * >SHA256SUMS)
ls -l "$folder/out"
