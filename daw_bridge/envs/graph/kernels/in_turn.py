"""All nodes of a graph in one call, and of many lanes one after another: nobody else is waited for.

Between two calls from Python a thread takes the interpreter's lock, which another one may hold;
kernels are so short that threads then do little but wait for it.
"""

from __future__ import annotations

from typing import Any

from numba import types
from numba.extending import intrinsic

from daw_bridge.envs.graph.kernels.sources import compiled

_WHOLE, _FLOAT = types.int64, types.float32
_TAKEN = (
    types.Array(_FLOAT, 2, "C"), _WHOLE, _WHOLE, types.Array(_WHOLE, 1, "C"),
    types.Array(_FLOAT, 1, "C"), types.Array(types.float64, 1, "C"), _WHOLE, _WHOLE,
)  # fmt: skip
"""What a kernel takes."""


def address_of(kernel: Any) -> Any:
    """Return where a kernel lies in memory, compiled.

    So each is compiled, and kept on disk, by itself, when it is first used: named in `play`, all of
    them would be compiled with it, for half a minute.
    """
    kernel.compile(_TAKEN)
    made = kernel.overloads[_TAKEN]
    return made.library.get_pointer_to_function(made.fndesc.llvm_func_name)


@intrinsic
def _call(_, address, rows, here, x, refs, numbers, state, at, rate):
    """Call the kernel at an address."""
    taken = (rows, here, x, refs, numbers, state, at, rate)

    def write(context, builder, signature, args):
        kind = context.call_conv.get_function_type(types.none, taken)
        kernel = builder.inttoptr(args[0], kind.as_pointer())
        context.call_conv.call_function(builder, kernel, types.none, taken, args[1:])
        return context.get_dummy_value()

    return types.void(address, *taken), write


@compiled
def play(nodes, ends, refs, numbers, states, at, rate, rows, heard):
    """Write the next samples of some lanes into `heard` [lane, sample].

    `nodes` [node, 2] are the addresses of their kernels, and the rows of what comes in; `ends`
    [node + 1, 3] is where those of each node begin in `refs`, `numbers` [lane, ] and `states`
    [lane, ]. `at` [lane] is moved on; `rows` [node, sample] is memory to compute in.
    """
    for lane in range(len(heard)):
        for here in range(len(nodes)):
            ref, number, state = ends[here]
            next_ref, next_number, next_state = ends[here + 1]
            _call(
                nodes[here, 0], rows, here, nodes[here, 1], refs[ref:next_ref],
                numbers[lane, number:next_number], states[lane, state:next_state], at[lane], rate,
            )  # fmt: skip
        heard[lane] = rows[-1]
        at[lane] += heard.shape[1]
