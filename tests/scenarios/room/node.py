# Is another node of the Ray that runs it, with two GPUs more, until it is stopped.  Not by `ray start`, which joins no
# Ray on a loopback address.
import os, signal
from ray._private.node import Node
from ray._private.parameter import RayParams

params = RayParams(
    gcs_address=os.environ["RAY_ADDRESS"], node_ip_address="127.0.0.1", num_cpus=1, num_gpus=2,
    object_store_memory=100_000_000, include_log_monitor=False, min_worker_port=0, max_worker_port=0,
    dashboard_agent_listen_port=0,
    # Each node removes the code that it does not need any more, and would remove the other's.
    runtime_env_dir_name="code_of_another_node")
Node(params, head=False, spawn_reaper=False)
while True:
    signal.pause()
