#!/usr/bin/env bash
# Tests the image: runs one order through all steps, and the health check, as the image's user, with the image's root as
# the file system. Run it as root, because chroot requires root. It needs no network, because the demo simulates all
# external systems.
#
#   deploy/image/try.sh FOLDER
set -euo pipefail

folder=$(cd "${1:?usage: deploy/image/try.sh FOLDER}" && pwd)
tag=$(sed -n 's/.*"org.opencontainers.image.ref.name":"\([^"]*\)".*/\1/p' "$folder/oci/index.json")
fail() { echo "try.sh: $*" >&2; exit 1; }

# Check the configuration with skopeo, not with umoci, which wrote it.
config=$(skopeo inspect --config "oci:$folder/oci:$tag")
want() { grep -qF -- "$1" <<<"$(tr -d ' \n' <<<"$config")" || fail "the configuration lacks $1: $config"; }
want '"User":"65532:65532"'
want '"Entrypoint":["/usr/local/bin/keyferry"]'
want '"Cmd":["serve"]'
want '"architecture":"amd64"'
want 'KEYFERRY_BIND=0.0.0.0'

# Run what the layers contain, not the folder from which they were built.
bundle=$(mktemp -d)
trap 'kill "${demo:-}" 2>/dev/null || true; rm -rf "$bundle"' EXIT
umoci unpack --image "$folder/oci:$tag" "$bundle/run" >/dev/null
root="$bundle/run/rootfs"
[[ $(grep -c 'BEGIN CERTIFICATE' "$root/etc/ssl/certs/ca-certificates.crt") -gt 50 ]] || fail 'the image contains no root certificates'
writable=$(cd "$root" && find . \( -user 65532 -o -group 65532 -o -perm -0002 \) ! -type l)
[[ $writable == ./var/lib/keyferry ]] || fail "the image's user can write to more than the data directory: $writable"

keyferry=(env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin TMPDIR=/var/lib/keyferry SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt
  chroot --userspec=65532:65532 "$root" /usr/local/bin/keyferry)
# TMPDIR is for the demo, which writes its certificates to a temporary folder. The service does not need it.
"${keyferry[@]}" --version
free=(--api-port 0 --sandbox-port 0 --smtp-port 0 --smtps-port 0)
"${keyferry[@]}" demo --scenario "${free[@]}" --probe-port 0 --data-dir /var/lib/keyferry/scenario

# Run the health check with a running connector, and after it stopped.
port=$((20000 + RANDOM % 20000))
"${keyferry[@]}" demo "${free[@]}" --probe-port $port --data-dir /var/lib/keyferry/demo --json >"$bundle/announced" 2>"$bundle/log" &
demo=$!
for _ in $(seq 100); do
  [[ -s $bundle/announced ]] && break
  sleep 0.1
done
"${keyferry[@]}" healthcheck --probe-port $port
kill $demo
wait $demo || true
if "${keyferry[@]}" healthcheck --probe-port $port 2>/dev/null; then
  fail 'the health check succeeded although the connector is stopped'
fi
echo "image $tag passed all checks"
