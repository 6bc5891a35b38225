"""Who runs what, with several workers: each engine's tests stay with one worker, where the engine warms up once."""

import re

from xdist.scheduler import LoadFileScheduling
from xdist.workermanage import WorkerController

ENGINE = re.compile(r"\[(embedded|neo4j)\b")
ENGINES = ("neo4j", "embedded")


class ByEngine(LoadFileScheduling):
    """Tests of one file on one engine are one unit of work; a worker takes those of its own engine first."""

    def _split_scope(self, nodeid: str) -> str:
        engine = ENGINE.search(nodeid)
        return f"{super()._split_scope(nodeid)} {engine[1] if engine else ''}"

    def _assign_work_unit(self, node: WorkerController) -> None:
        own = ENGINES[self.nodes.index(node) % len(ENGINES)]
        turns = (own, "", *ENGINES)
        self.workqueue.move_to_end(min(self.workqueue, key=lambda unit: turns.index(unit.split(" ")[-1])), last=False)
        super()._assign_work_unit(node)
