#!/usr/bin/env bash
# Pins every package, with hashes and without download addresses, for all platforms and Python 3.11 upwards:
# constraints.txt is what the service needs (and its build backend), constraints-dev.txt adds tests and the analyst's kit.
set -euo pipefail
cd "$(dirname "$0")/.."
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
"${1:-python3}" -m venv "$scratch/venv"
"$scratch/venv/bin/python" -m pip install --quiet uv
echo 'setuptools>=77' > "$scratch/build.in"

pin() { # pin OUTPUT WHAT_IT_IS ARGUMENTS...
  local output=$1 title=$2
  shift 2
  "$scratch/venv/bin/uv" pip compile --quiet --universal --python-version 3.11 --generate-hashes --upgrade \
    --no-header --no-annotate --no-emit-index-url --no-emit-find-links \
    pyproject.toml "$scratch/build.in" "$@" --output-file "$scratch/pins" > /dev/null
  { echo "# $title Written by \`make constraints\`; do not edit."; cat "$scratch/pins"; } > "$output"
}
pin constraints.txt "What the service needs."
pin constraints-dev.txt "The same pins, with tests and the analyst's kit." --group dev --extra analyst --constraint constraints.txt
