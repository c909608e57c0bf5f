#!/usr/bin/env bash
# Makes .venv: CPU torch, the pinned lock, this repository in editable mode. Idempotent: a stamp
# holds the hash of everything that decides what the environment contains, and a second run is a
# comparison of two hashes. After a change of the pins only the packages that differ are replaced.
# Called by every make target that needs Python.
#
#   PYTHON=python3.12 scripts/bootstrap.sh    choose the interpreter
#   VENV=/elsewhere   scripts/bootstrap.sh    choose where the environment goes
#   scripts/bootstrap.sh --force              rebuild it from nothing
#
# Nothing here names a package index except PyTorch's own: pip's configuration decides where
# packages come from, and is handed on to uv, which is used because pip needs four minutes for
# what uv does in one.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly VENV=${VENV:-.venv}
readonly STAMP=$VENV/.granite-rl-stamp
readonly TORCH_CPU_INDEX=https://download.pytorch.org/whl/cpu

die() {
  printf 'set-up: %s\n' "$@" >&2
  exit 3
}
say() { printf 'set-up: %s\n' "$*"; }

fingerprint() { cat "$@" | sha256sum | cut -d' ' -f1; }

# ── is there anything to do? ──────────────────────────────────────────────────────────────────
if [[ ${1:-} == --force ]]; then
  rm -rf "$VENV"
fi
# Two hashes, so that a change of pyproject.toml alone does not touch the installed packages.
pins=$(fingerprint scripts/bootstrap.sh requirements/{bootstrap,torch-cpu,cpu}.txt)
want="$pins $(fingerprint pyproject.toml) $PWD"
if [[ -x $VENV/bin/python && -f $STAMP && $(<"$STAMP") == "$want" ]]; then
  exit 0
fi

# One set-up at a time: `make test` and `make check` may be started together on a fresh clone.
mkdir -p "$VENV"
exec 9>"$VENV/.granite-rl-lock"
flock 9
if [[ -x $VENV/bin/python && -f $STAMP && $(<"$STAMP") == "$want" ]]; then
  exit 0
fi
readonly BEGAN=$SECONDS

# ── what the machine must have ────────────────────────────────────────────────────────────────
[[ $(uname -s) == Linux ]] ||
  die "granite-rl runs on Linux (vLLM's CPU build has no wheels for $(uname -s))." \
    "On another system use a Linux container, for instance python:3.11-bookworm."

usable_python() { "$1" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' \
  >/dev/null 2>&1; }
python=
for candidate in ${PYTHON:+"$PYTHON"} python3.11 python3.12 python3.13 python3; do
  if usable_python "$candidate"; then
    python=$candidate
    break
  fi
  [[ $candidate != "${PYTHON:-}" ]] ||
    die "PYTHON=$PYTHON is not a Python ≥ 3.11 with the venv module."
done
[[ -n $python ]] ||
  die "no Python ≥ 3.11 with the venv module was found." \
    "Debian or Ubuntu: apt-get install python3.11 python3.11-venv python3.11-dev" \
    "elsewhere: https://www.python.org/downloads/, then PYTHON=/path/to/python3.11 make setup"
command -v g++ >/dev/null ||
  say "note: no g++ here. The defaults go without; generator.enforce_eager=false and DeepSpeed's" \
    "own kernels need it (apt-get install g++, or dnf install gcc-c++)"

# ── where packages come from: pip's answer, given to uv ───────────────────────────────────────
pip_setting() { # pip_setting index-url: pip's value; its environment beats install., then global.
  local scope line
  for scope in ':env:' install global; do
    line=$(grep -F "$scope.$1=" <<<"$pip_settings") || continue
    line=${line#*=}
    printf '%s' "${line:1:-1}" | sed 's/\\n/ /g' # printed by pip in quotes, newlines escaped
    return
  done
}
carry_over() { # carry_over VARIABLE SETTING: exports it unless it is set already
  [[ -z ${!1:-} ]] || return 0
  local value
  value=$(pip_setting "$2" | xargs)
  [[ -z $value ]] || export "$1=$value"
}

# ── install ───────────────────────────────────────────────────────────────────────────────────
# uv first, with pinned setuptools for what it builds; pip where uv cannot reach what pip can (a
# proxy or a credential helper that only pip knows). --no-deps always: some declared dependencies
# must not come in (requirements/excludes.txt).
install() {
  "$VENV/bin/uv" pip install --quiet --python "$VENV/bin/python" --no-deps \
    --build-constraints requirements/bootstrap.txt "$@" ||
    "$VENV/bin/python" -m pip install -qq --no-compile --no-deps "$@"
}

torch_requirement=$(grep -oE '^torch==[^ ;\\]+' requirements/torch-cpu.txt)
install_torch() {
  local -a what=("$torch_requirement")
  # A hash is recorded for the platform the project is tested on. Elsewhere (aarch64, a newer
  # Python) the version is as exact, `+cpu` included, and the index's own checksum must do.
  local tag
  tag=$("$VENV/bin/python" -c 'import sys; print("cp%d%d" % sys.version_info[:2])')-$(uname -m)
  if [[ $tag == cp311-x86_64 ]]; then
    what=(--require-hashes -r requirements/torch-cpu.txt)
  else
    say "no recorded hash of torch for $tag; taking $torch_requirement by version"
  fi
  "$VENV/bin/uv" pip install --quiet --python "$VENV/bin/python" --no-deps "${what[@]}" \
    2>/dev/null && return
  say "$torch_requirement is not where pip looks by itself; asking PyTorch's CPU index"
  install --index-url "$TORCH_CPU_INDEX" "${what[@]}" ||
    die "$torch_requirement could not be installed." \
      "Make it reachable through pip's configuration (find-links or an index), or allow access" \
      "to $TORCH_CPU_INDEX, and run the same command again."
}

# A moved clone has the old path in every script of its environment: start over. Otherwise what is
# there stays, and only what differs from the lock is replaced.
if [[ -f $STAMP && $(<"$STAMP") != *" $PWD" ]] || ! "$VENV/bin/python" -c 'import pip' 2>/dev/null; then
  find "$VENV" -mindepth 1 -maxdepth 1 ! -name .granite-rl-lock -exec rm -rf {} +
  say "$("$python" --version) → $VENV"
  "$python" -m venv "$VENV"
fi
export PIP_DISABLE_PIP_VERSION_CHECK=1 UV_NO_PROGRESS=1
pip_settings=$("$VENV/bin/python" -m pip config list)
carry_over UV_DEFAULT_INDEX index-url
carry_over UV_INDEX extra-index-url
carry_over UV_FIND_LINKS find-links
carry_over SSL_CERT_FILE cert
UV_FIND_LINKS=${UV_FIND_LINKS:-}
export UV_FIND_LINKS=${UV_FIND_LINKS// /,}
# Pins are exact and hashed, so which of several indexes answers does not matter; pip asks them
# all, and so must uv.
export UV_INDEX_STRATEGY=${UV_INDEX_STRATEGY:-unsafe-best-match}
export UV_SYSTEM_CERTS=${UV_SYSTEM_CERTS:-true}

if [[ ! -f $STAMP || $(<"$STAMP") != "$pins "* ]]; then
  if [[ ! -x $VENV/bin/uv ]] || ! "$VENV/bin/uv" pip install --quiet --offline --no-deps \
    --python "$VENV/bin/python" --require-hashes -r requirements/bootstrap.txt 2>/dev/null; then
    "$VENV/bin/python" -m pip install -qq --no-compile --no-deps --require-hashes \
      -r requirements/bootstrap.txt
  fi
  say "$(grep -cE '^[a-z0-9]' requirements/cpu.txt) pinned packages"
  # Source archives (DeepSpeed's above all) are built apart from the environment: beside a torch
  # DeepSpeed wants torch's compiler driver and fails on current setuptools.
  install --require-hashes -r requirements/cpu.txt
  say "torch, CPU build"
  install_torch
fi
install --no-build-isolation -e .

for unwanted in torchvision torchaudio torchcodec triton; do
  [[ ! -d $("$VENV/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/$unwanted ]] ||
    die "$unwanted came in, and must not (requirements/excludes*.txt say why)."
done
# Importing a module for the first time compiles it. Two processes pay that here, side by side,
# instead of every process of the first run: 25 s now for about a minute then.
say "compiling what every run imports"
warm() { "$VENV/bin/python" -c "$1" >/dev/null 2>&1 || true; }
warm 'import ray, vllm.entrypoints.llm, vllm.v1.worker.cpu_worker, wandb, torch.utils.tensorboard' &
warm 'import granite_rl.training.preload, granite_rl.rl.controller
from granite_rl.algorithm.skyrl import algorithm_config
algorithm_config()' &
wait
printf '%s' "$want" >"$STAMP"
say "done in $((SECONDS - BEGAN)) s"
