"""A Ray cluster of two machines here, one of which is lost on the way; tracks made by it.

    python -m tests.render.two_machines FOLDER

FOLDER has tunes in `in`. They are rendered to `out`: one of the machines begins some and is killed.
Then to `sent`, which the machine that is left is not shown to be the same folder. A line of JSON
tells what became of the tracks. A process of its own, because Ray has threads and lets things go.
"""

import json
import os
import socket
import sys
import threading
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

os.environ |= {
    "RAY_USAGE_STATS_ENABLED": "0",  # nothing is told to anybody
    "RAY_agent_register_timeout_ms": "240000",  # or a machine that is busy gives up what it starts
    "RAY_health_check_initial_delay_ms": "0",
    "RAY_health_check_period_ms": "500",
    "RAY_health_check_failure_threshold": "4",
}

import ray
from ray._private import services
from ray.cluster_utils import Cluster

from daw_bridge.render import cluster as machines
from daw_bridge.render.factory import run
from daw_bridge.render.track import Order
from tests.render.test_factory import orders_of

HERE = "127.0.0.1"
"""Where all of Ray listens."""


@dataclass(frozen=True, slots=True)
class Met(Order):
    """A track whose machine first waits for the one that will be lost; which waits for its end."""

    meeting: Path = Path()
    lost: str = ""

    def key(self) -> str:
        if ray.is_initialized() and ray.get_runtime_context().get_node_id() == self.lost:
            self.meeting.open("w").close()
            threading.Event().wait()
        if self.meeting.exists():
            self.meeting.open().close()
            self.meeting.unlink()
        return Order.key(self)


def free_ports() -> dict[str, int]:
    """Name the ports of a machine's agents: it ends where they do not tell theirs in some 15 s."""
    names = ("metrics_agent", "metrics_export", "runtime_env_agent", "dashboard_agent_listen")
    with ExitStack() as stack:
        free = [stack.enter_context(socket.socket()) for _ in names]
        for each in free:
            each.bind((HERE, 0))
        return {
            f"{name}_port": each.getsockname()[1] for name, each in zip(names, free, strict=True)
        }


def main(folder: Path) -> None:
    services.get_node_ip_address = lambda address=None: HERE  # or Ray goes by the network's name
    alone = {"num_cpus": 1, "include_dashboard": False, "node_ip_address": HERE}
    ours = Cluster(initialize_head=True, head_node_args=alone | free_ports())
    other = ours.add_node(**alone, **free_ports())
    address = f"{HERE}:{ours.address.rpartition(':')[2]}"
    os.mkfifo(meeting := folder / "meeting")
    at = {"meeting": meeting, "lost": other.node_id}
    met = [Met(each.name, each.job, each.folder, **at) for each in orders_of(folder)]

    def progress(done: int, total: int) -> None:
        if done == 1:
            ours.remove_node(other, allow_graceful=False)

    entries, _ = run(
        met, folder / "out", workers=1, force=False, progress=progress, cluster=address
    )
    said = {"met": not meeting.exists(), "out": [each.state for each in entries]}
    machines.SIGN = "another sign"
    sent, _ = run(
        orders_of(folder, "sent"),
        folder / "sent",
        workers=1,
        force=False,
        progress=lambda done, total: None,
        cluster=address,
    )
    said["sent"] = [each.state for each in sent]
    ours.shutdown()
    print(json.dumps(said))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
