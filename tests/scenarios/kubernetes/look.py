"""What code of a training finds of the cluster's rights, in its own pod or in that of the head."""

import glob
import json
import os
import ssl
import sys
import urllib.error
import urllib.request

PLACES = [
    root + path
    for root in ("", "/proc/[0-9]*/root")
    for path in ("/var/run/secrets/**/token", "/run/secrets/**/token")
]


def read(path):
    try:
        with open(path) as file:
            return file.read()
    except OSError:
        return ""


def is_done(token, method, path, body=None):
    """Whether the API server does it for whoever has the token."""
    host, port = (os.environ[f"KUBERNETES_SERVICE_{name}"] for name in ("HOST", "PORT"))
    headers = {"Content-Type": "application/merge-patch+json"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    request = urllib.request.Request(
        f"https://{host}:{port}{path}", json.dumps(body).encode() if body else None, headers, method=method
    )
    try:
        urllib.request.urlopen(request, timeout=20, context=ssl._create_unverified_context())
        return True
    except urllib.error.HTTPError as error:
        print(method, path, error.code)
        return False


def look():
    namespace, cluster = os.environ["NAMESPACE"], os.environ["RAY_CLUSTER_NAME"]
    found = {read(path) for place in PLACES for path in glob.glob(place, recursive=True)} - {""}
    mine = f"/apis/ray.io/v1/namespaces/{namespace}/rayclusters/{cluster}"
    done = [
        is_done(token, *call)
        for token in found | {""}
        for call in [
            ("GET", f"/api/v1/namespaces/{namespace}/secrets"),
            ("GET", f"/api/v1/namespaces/{namespace}/pods"),
            ("PATCH", mine, {"metadata": {"ownerReferences": []}, "spec": {"workerGroupSpecs": []}}),
        ]
    ]
    return len(found) + sum(done), os.uname().nodename, os.getuid()


def look_on_the_head():
    """The way of the attack: a task that is pinned to the head's node."""
    import ray
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    ray.init(log_to_driver=False)
    head = next(node for node in ray.nodes() if "node:__internal_head__" in node["Resources"])
    pinned = NodeAffinitySchedulingStrategy(head["NodeID"], soft=False)
    environment = {"env_vars": {"NAMESPACE": os.environ["NAMESPACE"]}}
    task = ray.remote(num_cpus=0, scheduling_strategy=pinned, runtime_env=environment)(look)
    return ray.get(task.remote())


def report(place, seen):
    rights, host, user = seen
    print(f"{place}: {rights} on {host} as {user}")
    assert user != 0
    return rights


rights = report("here", look())
if sys.argv[1:] == ["head"]:
    rights += report("head", look_on_the_head())
print("REGRESSION_METRICS " + json.dumps({"rights": rights}))
