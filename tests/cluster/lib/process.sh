# shellcheck shell=bash
# Daemons known by a file with their process id and start time: an id alone may be used anew.

# start_time PID: clock ticks since boot at which the process started; nothing if it is gone.
start_time() {
    local stat
    stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 1
    stat=${stat##*) } # the name before may hold blanks
    # shellcheck disable=SC2086
    set -- $stat
    [ "$1" != Z ] && echo "${20}"
}

# daemon NAME COMMAND...: runs the command in the background, free of this shell's
# session, descriptors and environment, and logs its output.
daemon() {
    local name=$1
    shift
    mkdir -p "$STATE/logs" "$STATE/pids"
    (
        close_descriptors
        cd "$STATE" || exit
        exec setsid env -i PATH="$PATH" HOME="$STATE" "$@"
    ) </dev/null >>"$STATE/logs/$name.log" 2>&1 &
    echo "$! $(cat /proc/sys/kernel/random/boot_id) $(start_time $!)" >"$STATE/pids/$name"
}

# A pipe that somebody reads to its end must not be held open by a daemon.
close_descriptors() {
    local descriptor
    for descriptor in "/proc/$BASHPID/fd"/*; do
        descriptor=${descriptor##*/}
        ((descriptor > 2 && descriptor != 255)) && eval "exec $descriptor>&-"
    done
    return 0
}

# pid_of NAME: the id of the daemon's process; fails if it does not run.
pid_of() {
    local pid boot time
    read -r pid boot time 2>/dev/null <"$STATE/pids/$1" || return 1
    [ "$boot" = "$(cat /proc/sys/kernel/random/boot_id)" ] || return 1
    [ "$time" = "$(start_time "$pid")" ] || return 1
    echo "$pid"
}

gone() {
    ! start_time "$1" >/dev/null
}

# stop_daemon NAME [SIGNAL]: returns when the process is gone; killed if it takes over 5 s.
stop_daemon() {
    local pid
    if pid=$(pid_of "$1"); then
        kill -s "${2:-TERM}" "$pid" 2>/dev/null || true
        wait_for 5 "the end of $1" gone "$pid" 2>/dev/null || kill -KILL "$pid" 2>/dev/null || true
        wait_for 10 "the end of the killed $1" gone "$pid"
    fi
    rm -f "$STATE/pids/$1"
}
