"""What nodes compute, sample by sample, in 32-bit floats as Glicol does.

A kernel is called as `kernel(rows, here, x, refs, numbers, state, at, rate)`. `rows` [node, sample]
are the signals of all nodes: it writes row `here`, and `x` is the row of what comes in before it in
its chain. `refs` has for each argument the row of a signal that stands for it, or -1; `numbers`
are the arguments otherwise. `state` is the node's own from call to call, and `at` the number of
samples before this call. Kernels hold no lock.
"""
