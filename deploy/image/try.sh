#!/usr/bin/env bash
# Runs what is in the image, as the image's user, with the image's root as the whole file system: one order through all steps, and the
# health check. As root, since only root may change the root. The demo brings the outside along, so no network is needed.
#
#   deploy/image/try.sh FOLDER
set -euo pipefail

folder=$(cd "${1:?usage: deploy/image/try.sh FOLDER}" && pwd)
tag=$(sed -n 's/.*"org.opencontainers.image.ref.name":"\([^"]*\)".*/\1/p' "$folder/oci/index.json")
fail() { echo "try.sh: $*" >&2; exit 1; }

# What a runtime reads: by a program that did not write it.
config=$(skopeo inspect --config "oci:$folder/oci:$tag")
want() { grep -qF -- "$1" <<<"$(tr -d ' \n' <<<"$config")" || fail "the image's configuration has no $1: $config"; }
want '"User":"65532:65532"'
want '"Entrypoint":["/usr/local/bin/keyferry"]'
want '"Cmd":["serve"]'
want '"architecture":"amd64"'
want 'KEYFERRY_BIND=0.0.0.0'

# What a runtime runs: the layers, not the folder that they were made of.
bundle=$(mktemp -d)
trap 'kill "${demo:-}" 2>/dev/null || true; rm -rf "$bundle"' EXIT
umoci unpack --image "$folder/oci:$tag" "$bundle/run" >/dev/null
root="$bundle/run/rootfs"
[[ $(grep -c 'BEGIN CERTIFICATE' "$root/etc/ssl/certs/ca-certificates.crt") -gt 50 ]] || fail 'there are no root certificates'
writable=$(cd "$root" && find . \( -user 65532 -o -group 65532 -o -perm -0002 \) ! -type l)
[[ $writable == ./var/lib/keyferry ]] || fail "the user may write to more than the data directory: $writable"

keyferry=(env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin TMPDIR=/var/lib/keyferry SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt
  chroot --userspec=65532:65532 "$root" /usr/local/bin/keyferry)
# The demo keeps its certificates in a temporary folder; the service needs none.
"${keyferry[@]}" --version
free=(--api-port 0 --sandbox-port 0 --smtp-port 0 --smtps-port 0)
"${keyferry[@]}" demo --scenario "${free[@]}" --probe-port 0 --data-dir /var/lib/keyferry/scenario

# The health check, against a connector that runs, and against none.
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
  fail 'the health check is content with a connector that is gone'
fi
echo "the image $tag runs"
