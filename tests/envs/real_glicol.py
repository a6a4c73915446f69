"""The real Glicol, 0.4.0 from npm, run offline under wasmtime."""

from pathlib import Path

import numpy as np

WASM = Path(__file__).parents[2] / "build" / "glicol_wasm.wasm"
BLOCK = 128


class Glicol:
    """One engine; a crash of it poisons it, and `begin` makes another."""

    def __init__(self) -> None:
        import wasmtime

        config = wasmtime.Config()
        config.cranelift_opt_level = "none"  # it is compiled for each run of the tests
        self._wasmtime, self._engine = wasmtime, wasmtime.Engine(config)
        self._module = wasmtime.Module.from_file(self._engine, str(WASM))
        self.begin()

    def begin(self) -> None:
        """Make a new instance, in which a change of the text acts at once."""
        types = self._wasmtime
        self._store = types.Store(self._engine)
        now = types.Func(self._store, types.FuncType([], [types.ValType.f64()]), lambda: 0.0)
        self._exports = types.Instance(self._store, self._module, [now]).exports(self._store)
        self._in, self._out = self._call("alloc", 256), self._call("alloc", 256)
        self._said = self._call("alloc_uint8array", 256)
        self._call("reset")
        self._call("live_coding_mode", 0)

    def _call(self, name, *arguments):
        return self._exports[name](self._store, *arguments)

    def update(self, code: str) -> None:
        raw = (code + "\n").encode()
        at = self._call("alloc_uint8array", len(raw))
        self._exports["memory"].write(self._store, raw, at)
        self._call("update", at, len(raw))

    def play(self, blocks: int) -> np.ndarray:
        """Return the left channel of some blocks; a text that it cannot read is an error."""
        memory, out = self._exports["memory"], []
        for _ in range(blocks):
            self._call("process", self._in, self._out, 256, self._said)
            if not out:
                assert memory.read(self._store, self._said, self._said + 1)[0] == 0, "wrong text"
            raw = memory.read(self._store, self._out, self._out + 4 * BLOCK)
            out.append(np.frombuffer(bytes(raw), "<f4"))
        return np.concatenate(out)
