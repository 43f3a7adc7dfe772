#!/bin/sh
# Fuzzes every parser for a bounded time: fuzz/run.sh [SECONDS_PER_TARGET [TARGET...]]
#
# Installs cargo-fuzz into target/tools if it is missing. Writes a finding to fuzz/artifacts/TARGET, prints the command
# that reproduces it, and exits with 1. Turn a finding into an ordinary test next to the parser. The committed corpus
# contains only seeds and findings; inputs that a run generates are deleted.
set -eu

seconds=${1:-60}
[ $# -gt 0 ] && shift
cd "$(dirname "$0")/.."

version=0.13.2
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$PWD/target/fuzz}"
tool=${CARGO_FUZZ:-$PWD/target/tools/bin/cargo-fuzz}
if ! "$tool" fuzz --version 2>/dev/null | grep -q " $version\$"; then
    CARGO_TARGET_DIR="$PWD/target/tools/build" cargo install --locked --root target/tools --version "$version" cargo-fuzz
    tool=$PWD/target/tools/bin/cargo-fuzz
fi

# libFuzzer's flags are unstable ones of rustc.
export RUSTC_BOOTSTRAP=1
nice -n 10 "$tool" fuzz build

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0
[ $# -gt 0 ] || set -- $("$tool" fuzz list)
for target; do
    mkdir -p "$work/$target" "fuzz/corpus/$target"
    status=0
    # libFuzzer writes new inputs to the first folder.
    nice -n 10 "$tool" fuzz run "$target" "$work/$target" "fuzz/corpus/$target" -- \
        -max_total_time="$seconds" -max_len=16384 -timeout=20 -rss_limit_mb=4096 -print_final_stats=1 -verbosity=0 \
        >"$work/$target.log" 2>&1 || status=$?
    executions=$(sed -n 's/^stat::number_of_executed_units: *//p' "$work/$target.log")
    if [ "$status" -eq 0 ]; then
        echo "$target: ${executions:-?} executions, nothing found"
    else
        failed=1
        echo "$target: FOUND after ${executions:-?} executions"
        tail -n 60 "$work/$target.log"
    fi
done
exit $failed
