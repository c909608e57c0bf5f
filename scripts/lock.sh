#!/usr/bin/env bash
# Resolves requirements/*.in into the pinned, hashed lock files. Run it (`make lock`) after a
# change to an .in file, read the diff, and commit both. Pins that need not move stay where they
# are: the present lock is what uv prefers. `scripts/lock.sh --upgrade` moves them.
#
# The CPU build of torch comes from UV_FIND_LINKS where that is set, else from PyTorch's own index.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../requirements"

readonly UV=${UV:-../.venv/bin/uv}
# No header and no index or find-links lines: a lock must not depend on whose machine wrote it.
readonly COMMON=(--generate-hashes --no-header --no-emit-index-url --no-emit-find-links --quiet
  --override overrides.txt --excludes excludes.txt --no-emit-package setuptools)

# The CPU lock is universal: one file for CPython 3.11 and later, x86-64 and aarch64.
"$UV" pip compile bootstrap.in --universal --python-version 3.11 --generate-hashes --no-header \
  --quiet "$@" -o bootstrap.txt
torch_source=()
[[ -n ${UV_FIND_LINKS:-} ]] || torch_source=(--torch-backend cpu)
"$UV" pip compile cpu.in "${COMMON[@]}" --excludes excludes-cpu.txt --universal \
  --python-version 3.11 --no-emit-package torch "${torch_source[@]}" "$@" -o cpu.txt
# GPU nodes are of one kind each, and CUDA wheels differ by platform: one lock per platform. A
# find-links directory with the CPU build would win over the CUDA build, so it is not looked at.
unset UV_FIND_LINKS
for platform in x86_64 aarch64; do
  "$UV" pip compile gpu.in "${COMMON[@]}" --python-version 3.11 \
    --python-platform "$platform-manylinux_2_35" "$@" -o "gpu-$platform.txt"
done
! grep -nE '^torch==.*\+cpu' gpu-*.txt || {
  echo "lock: a CPU build of torch got into a GPU lock; look at uv's index settings" >&2
  exit 1
}
