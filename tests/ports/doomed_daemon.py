"""A daemon that plays a chord without end, and is killed by a test. Started by tests only.

python -m tests.ports.doomed_daemon BACKEND CLIENT
"""

import sys
import threading

from daw_bridge.midi.messages import TimedMessage, note_on
from daw_bridge.music.time import Seconds
from daw_bridge.ports.backend import PortSettings
from daw_bridge.ports.process import PortProcess

ports = PortProcess(
    PortSettings(sys.argv[1], client=sys.argv[2]), lambda *_event: None, print, print
)  # type: ignore[arg-type]
print(ports.pid, flush=True)
sys.stdin.readline()  # the test's word that it listens
now_s = ports.clock.now()
ports.send([TimedMessage(now_s, 2, i, "notes", note_on(9, 36 + i, 100)) for i in range(3)])
ports.send([TimedMessage(Seconds(now_s + 9999), 2, 9, "notes", note_on(9, 99, 100))])
threading.Event().wait()
