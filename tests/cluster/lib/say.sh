# shellcheck shell=bash
# Progress lines, errors and waiting for conditions.

STARTED=$SECONDS

say() {
    printf '[%4ds] %s\n' $((SECONDS - STARTED)) "$*" >&2
}

die() {
    printf 'error: %s\n' "$*" >&2
    exit 1
}

# show_tail LOG: the end of a log, for the message before a failure.
show_tail() {
    printf -- '--- the end of %s ---\n' "$1" >&2
    tail -n 15 "$1" 2>/dev/null | cut -c1-300 >&2 || true
}

# wait_for SECONDS WHAT COMMAND...: polls the command until it succeeds; fails after the time-out.
wait_for() {
    local limit=$1 what=$2 deadline
    shift 2
    deadline=$((SECONDS + limit))
    until "$@" >/dev/null 2>&1; do
        if ((SECONDS >= deadline)); then
            printf 'error: waited %s s in vain for %s\n' "$limit" "$what" >&2
            return 1
        fi
        sleep 0.1
    done
}

# quietly LOG COMMAND...: the command's output goes to the log, whose end is shown if it fails.
quietly() {
    local log=$1
    shift
    mkdir -p "$(dirname "$log")"
    "$@" >"$log" 2>&1 </dev/null || {
        show_tail "$log"
        return 1
    }
}
