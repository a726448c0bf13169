# shellcheck shell=bash
# The bridge of the pods and the rules that let their traffic pass.

# The chain, and a rule that must be in it. They are put first, so that a DROP policy
# (dockerd sets one for FORWARD) does not matter.
firewall_rules() {
    cat <<RULES
filter FORWARD -i $BRIDGE -j ACCEPT
filter FORWARD -o $BRIDGE -j ACCEPT
nat POSTROUTING -s $POD_RANGE ! -d $POD_RANGE -j MASQUERADE
RULES
}

make_network() {
    ip link show "$BRIDGE" >/dev/null 2>&1 || ip link add "$BRIDGE" type bridge
    ip address replace "$NODE_ADDRESS/${POD_RANGE#*/}" dev "$BRIDGE"
    ip link set "$BRIDGE" up
    echo 1 >/proc/sys/net/ipv4/ip_forward
    local table chain rule
    while read -r table chain rule; do
        # shellcheck disable=SC2086
        iptables -w -t "$table" -C "$chain" $rule 2>/dev/null ||
            iptables -w -t "$table" -I "$chain" $rule
    done < <(firewall_rules)
}

remove_network() {
    ip link show "$BRIDGE" >/dev/null 2>&1 || return 0
    local table chain rule
    while read -r table chain rule; do
        # shellcheck disable=SC2086
        iptables -w -t "$table" -D "$chain" $rule 2>/dev/null || true
    done < <(firewall_rules)
    ip link delete "$BRIDGE" 2>/dev/null || true
    rm -f /var/lib/cni/results/"$BRIDGE"-*
    remove_service_rules
}

# Those of kube-proxy, and the one chain that its own clean-up leaves.
remove_service_rules() {
    [ ! -x "$CACHE/bin/kube-proxy" ] || "$CACHE/bin/kube-proxy" --cleanup >/dev/null 2>&1 || true
    local program chain
    for program in iptables ip6tables; do
        for chain in INPUT OUTPUT; do
            "$program" -w -D "$chain" -j KUBE-FIREWALL 2>/dev/null || true
        done
        "$program" -w -F KUBE-FIREWALL 2>/dev/null || true
        "$program" -w -X KUBE-FIREWALL 2>/dev/null || true
    done
}

# The container runtime's view of the same network. No masquerading here: its chains
# would outlive containers that are killed.
write_cni() {
    mkdir -p "$STATE/cni"
    cat >"$STATE/cni/10-bridge.conflist" <<JSON
{
  "cniVersion": "0.4.0",
  "name": "$BRIDGE",
  "plugins": [
    {
      "type": "bridge",
      "bridge": "$BRIDGE",
      "isGateway": true,
      "hairpinMode": true,
      "ipam": {
        "type": "host-local",
        "ranges": [[{"subnet": "$POD_RANGE", "gateway": "$NODE_ADDRESS"}]],
        "routes": [{"dst": "0.0.0.0/0"}],
        "dataDir": "$STATE/cni/addresses"
      }
    }
  ]
}
JSON
}
