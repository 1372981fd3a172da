#!/usr/bin/env bash
# `cargo xtask` for the tests of the workflows: the program that was built, told by paths where the connector is.
set -euo pipefail
if [ "$1" != xtask ]; then exec "$CARGO" "$@"; fi
command="$2"; shift 2
words=()
for word in "$@"; do
  case "$word" in
    "$NAME") words+=(--from "specs/$NAME"); [ "$command" = drift ] || words+=(--into "generated/$NAME") ;;
    *) words+=("$word") ;;
  esac
done
exec "$XTASK" "$command" "${words[@]}"
