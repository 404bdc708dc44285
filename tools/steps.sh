# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# Sourced by the scripts at the root: steps that are quiet while they work, say how long they took, and show the end of
# their log when they fail.

RAYKEEP_ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
RAYKEEP_CACHE="${RAYKEEP_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/raykeep}"
RAYKEEP_VENV="$RAYKEEP_CACHE/venv"
RAYKEEP_LOGS="$RAYKEEP_ROOT/build/logs"
export RAYKEEP_CACHE RAYKEEP_VENV
mkdir -p "$RAYKEEP_LOGS"

# One line that grows on a terminal, one line at the end elsewhere.
show_while_running() {  # PID NAME LOG
  local start=$SECONDS line
  while kill -0 "$1" 2>/dev/null; do
    if [ -t 1 ]; then
      line=$(tail -n 1 "$3" 2>/dev/null | tr -cd '[:print:]' | cut -c1-60)
      printf '\r\033[K  %-44s %4d s  %s' "$2" $((SECONDS - start)) "$line"
    fi
    sleep 0.2
  done
  [ -t 1 ] && printf '\r\033[K'
  return 0
}

# step NAME COMMAND...: runs the command with its output in a log file; on failure shows the end of it. The log's path is in
# STEP_LOG afterwards.
step() {
  local name="$1" start=$SECONDS status=0 pid
  shift
  STEP_LOG="$RAYKEEP_LOGS/$(tr -cs 'a-zA-Z0-9' '-' <<<"$name" | sed 's/^-//; s/-$//').log"
  "$@" >"$STEP_LOG" 2>&1 </dev/null &
  pid=$!
  show_while_running "$pid" "$name" "$STEP_LOG"
  wait "$pid" || status=$?
  if [ "$status" = 0 ]; then
    printf '  %-44s %4d s  ok\n' "$name" $((SECONDS - start))
  else
    printf '  %-44s %4d s  FAILED (%s)\n' "$name" $((SECONDS - start)) "$STEP_LOG"
    tail -n "${STEP_TAIL:-25}" "$STEP_LOG" | sed 's/^/    | /'
  fi
  return "$status"
}

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

can_be_root() {
  [ "$(id -u)" = 0 ] || sudo -n true 2>/dev/null || { [ -t 0 ] && sudo -v; }
}

# Building twice at a time in one folder breaks; other work on the machine may ask to wait its turn by RAYKEEP_BUILD_LOCK.
in_turn() {
  if [ -n "${RAYKEEP_BUILD_LOCK:-}" ]; then flock "$RAYKEEP_BUILD_LOCK" "$@"; else "$@"; fi
}
