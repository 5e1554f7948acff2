#!/bin/bash
# Counts the cohort's files; fewer than the minimum are not told.
set -eu
minimum=$(sed -E 's/.*"minimum": ([0-9]+).*/\1/' "$1")
files=$(find /data/cohort -type f | wc -l)
if [ "$files" -lt "$minimum" ]; then files="fewer than $minimum"; fi
printf 'files,minimum\n%s,%s\n' "$files" "$minimum" >results.csv
