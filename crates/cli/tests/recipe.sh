#!/bin/sh
# Recomputes a bundle's manifest with coreutils and find alone: sh recipe.sh DIR
# Its digest is that of the output: sh recipe.sh DIR | sha256sum
#
# Names with line breaks can't be in a bundle, so lines are safe to sort. Symbolic links are
# digested by the bytes of their target, everything else as it is.
set -eu
export LC_ALL=C
cd "$1"
echo 'sluice-manifest 1'
find . -mindepth 1 -printf '%P\n' | sort | while IFS= read -r path; do
    if [ -L "./$path" ]; then
        target=$(readlink -n "./$path"; echo .)
        target=${target%.}
        printf 'l %s %s %s\n' "${#target}" "$(printf %s "$target" | sha256sum | cut -c 1-64)" "$path"
    elif [ -d "./$path" ]; then
        printf 'd - - %s\n' "$path"
    elif [ -n "$(find "./$path" -perm -u=x)" ]; then
        printf 'x %s %s %s\n' "$(stat -c %s "./$path")" "$(sha256sum <"./$path" | cut -c 1-64)" "$path"
    else
        printf 'f %s %s %s\n' "$(stat -c %s "./$path")" "$(sha256sum <"./$path" | cut -c 1-64)" "$path"
    fi
done
