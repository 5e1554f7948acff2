#!/bin/bash
# s3s-fs.sh [COMMAND...]: runs COMMAND, by default the crawler's test against a real S3 server, with
# an s3s-fs on loopback: SLUICE_TEST_S3 is its URL, SLUICE_TEST_S3_ROOT the directory whose folder
# `results` is the bucket. Keys: test / test-secret. The server is installed once per user.
set -euo pipefail

version=0.14.1
home=${XDG_CACHE_HOME:-$HOME/.cache}/sluice/s3s-fs
here=$(cd -- "$(dirname -- "$0")/../.." && pwd)

if ! [[ -x $home/bin/s3s-fs && $(cat "$home/version" 2>/dev/null) == "$version" ]]; then
    nice -n19 cargo install s3s-fs --version "$version" --locked --features binary --root "$home"
    echo "$version" >"$home/version"
fi

root=$(mktemp -d)
server=
finish() {
    [[ -z $server ]] || kill "$server" 2>/dev/null || true
    rm -rf -- "$root"
}
trap finish EXIT
mkdir "$root/results"

# Another program may hold the port, so a few are tried.
for _ in {1..10}; do
    port=$((20000 + RANDOM % 10000))
    "$home/bin/s3s-fs" --host 127.0.0.1 --port "$port" --access-key test \
        --secret-key test-secret "$root" >"$root.log" 2>&1 &
    server=$!
    for _ in {1..100}; do
        kill -0 "$server" 2>/dev/null || break
        if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then break 2; fi
        sleep 0.05
    done
    server=
done
[[ -n $server ]] || {
    cat "$root.log" >&2
    exit 1
}
rm -f -- "$root.log"

[[ $# -gt 0 ]] || set -- cargo test --manifest-path "$here/Cargo.toml" -p sluice-crawler --test crawler s3
SLUICE_TEST_S3=http://127.0.0.1:$port SLUICE_TEST_S3_ROOT=$root "$@"
