#!/usr/bin/env bash
# Builds the container image as an OCI layout, without a container engine. It contains a static binary and root
# certificates, and lists its parts (CycloneDX) in /usr/share/sbom.
#
#   deploy/image/build.sh FOLDER [PROFILE]
#
# Writes FOLDER/oci (the image, tagged with the version) and FOLDER/rootfs (its content). PROFILE is a cargo profile,
# dist by default.
# Requires rustup, musl-gcc, umoci and ca-certificates.
# On Debian: apt-get install musl-tools umoci skopeo ca-certificates
# To push the image: skopeo copy oci:FOLDER/oci:VERSION docker://registry.contoso.example/keyferry:VERSION
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
folder=${1:?usage: deploy/image/build.sh FOLDER [PROFILE]}
profile=${2:-dist}
target=x86_64-unknown-linux-musl
user=65532
certificates=/etc/ssl/certs/ca-certificates.crt

for tool in cargo rustup musl-gcc umoci; do
  command -v "$tool" >/dev/null || { echo "build.sh: $tool is not installed. Install it." >&2; exit 1; }
done
[[ -s $certificates ]] || { echo "build.sh: $certificates is missing. Install ca-certificates." >&2; exit 1; }

mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
cd "$here"
version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -1)
# All files get the time of the last commit, so that the same sources give the same layers.
epoch=$(git log -1 --format=%ct 2>/dev/null || echo 0)
revision=$(git rev-parse HEAD 2>/dev/null || echo unknown)

rustup target add "$target" >/dev/null 2>&1 || rustup target list --installed | grep -qx "$target"
built=$(release/binary.sh "$folder/target" "$profile" "$target")

rm -rf "$folder/rootfs" "$folder/oci"
root="$folder/rootfs"
install -d -m 0755 "$root/usr/local/bin" "$root/etc/ssl/certs" "$root/var/lib" "$root/usr/share/licenses/keyferry" \
  "$root/usr/share/sbom"
install -m 0755 "$built" "$root/usr/local/bin/keyferry"
install -m 0644 "$certificates" "$root$certificates"
install -m 0644 LICENSE-APACHE LICENSE-MIT "$root/usr/share/licenses/keyferry"
cargo xtask sbom >"$root/usr/share/sbom/keyferry.cdx.json"
printf 'keyferry:x:%s:%s::/var/lib/keyferry:/nonexistent\n' $user $user >"$root/etc/passwd"
printf 'keyferry:x:%s:\n' $user >"$root/etc/group"
install -d -m 0700 "$root/var/lib/keyferry"
# Only root can set the owner. An image that is built without root lacks it.
[[ $(id -u) == 0 ]] && chown $user:$user "$root/var/lib/keyferry"
find "$root" -exec touch --no-dereference --date="@$epoch" {} +

umoci init --layout "$folder/oci"
umoci new --image "$folder/oci:$version"
made=$(date --utc --date="@$epoch" +%Y-%m-%dT%H:%M:%SZ)
rootless=()
[[ $(id -u) == 0 ]] || rootless=(--rootless)
umoci insert "${rootless[@]}" --history.created "$made" --image "$folder/oci:$version" "$root" /
umoci config --image "$folder/oci:$version" --history.created "$made" --created "$made" \
  --architecture amd64 --os linux \
  --config.user $user:$user --config.workingdir /var/lib/keyferry \
  --config.entrypoint /usr/local/bin/keyferry --config.cmd serve \
  --config.exposedports 8080/tcp \
  --config.env KEYFERRY_BIND=0.0.0.0 --config.env KEYFERRY_DATA_DIR=/var/lib/keyferry \
  --config.env SSL_CERT_FILE=$certificates \
  --config.label org.opencontainers.image.title=keyferry \
  --config.label org.opencontainers.image.version="$version" \
  --config.label org.opencontainers.image.revision="$revision" \
  --config.label org.opencontainers.image.licenses="Apache-2.0 OR MIT"
echo "$folder/oci:$version"
