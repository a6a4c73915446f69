"""The process in which engines render: a job a line comes in, and how it went a line goes out."""

from __future__ import annotations

import json
import os
import queue
import signal
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

from daw_bridge.errors import UserError
from daw_bridge.registry import ENGINES
from daw_bridge.render.engine import Engine, Failure, RenderError, begin
from daw_bridge.render.job import Job


def main(engines: Mapping[str, type[Engine]] = ENGINES) -> None:
    """Do jobs until there are no more; where the parent has gone, end in the middle of one."""
    answers = _own_output()
    jobs: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(sys.stdin.buffer, jobs), daemon=True).start()
    ready: dict[str, Engine] = {}
    _say(answers, "ready")
    while True:
        asked = json.loads(jobs.get())
        said = _done(engines, ready, Job.from_json(asked["job"]), Path(asked["out"]))
        _say(answers, said)


def _done(
    engines: Mapping[str, type[Engine]], ready: dict[str, Engine], job: Job, out: Path
) -> Any:
    """Do a job, with the engine that has done others of the same settings; say what went wrong."""
    key = json.dumps([job.engine, dict(job.settings)], sort_keys=True)
    try:
        if key not in ready:
            ready.clear()  # plugins are large
            ready[key] = begin(engines[job.engine], job.settings)
        engine = ready[key]
        engine.render(job, out)
        return {"version": engine.version()}
    except OSError as error:
        what = str(error.strerror or error)
        said = UserError(f"to render {job.out}", what, "free space, or check its rights")
        return {"kind": Failure.FAILED, "why": [str(said)]}
    except UserError as error:
        kind = error.kind if isinstance(error, RenderError) else Failure.FAILED
        return {"kind": kind, "why": str(error).splitlines()}


def _say(answers: IO[bytes], said: Any) -> None:
    answers.write(json.dumps(said).encode() + b"\n")
    answers.flush()


def _own_output() -> IO[bytes]:
    """Keep the standard output for answers: what plugins print goes to the standard error."""
    kept = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return kept


def _listen(lines: IO[bytes], jobs: queue.SimpleQueue[bytes]) -> None:
    for line in lines:
        jobs.put(line)
    _leave()


def _leave() -> None:
    """End at once, with all that was started here: nobody waits for it any more."""
    if sys.platform != "win32" and os.getpgrp() == os.getpid():
        os.killpg(0, signal.SIGKILL)
    os._exit(1)


if __name__ == "__main__":
    main()
