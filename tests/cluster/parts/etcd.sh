# shellcheck shell=bash
# The store of the API server. No fsync: its data need not survive a power cut.

launch() {
    daemon etcd etcd --data-dir "$STATE/etcd" --unsafe-no-fsync --quota-backend-bytes 4294967296 \
        --listen-client-urls "http://127.0.0.1:$ETCD_PORT" \
        --advertise-client-urls "http://127.0.0.1:$ETCD_PORT" \
        --listen-peer-urls "http://127.0.0.1:$ETCD_PEER_PORT" \
        --initial-advertise-peer-urls "http://127.0.0.1:$ETCD_PEER_PORT" \
        --initial-cluster "default=http://127.0.0.1:$ETCD_PEER_PORT"
}

ready() {
    curl -fsS -m 2 "http://127.0.0.1:$ETCD_PORT/health" | grep -q '"true"'
}

version() {
    etcd --version | sed -n 's/^etcd Version: //p'
}
