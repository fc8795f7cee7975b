"""A valuation as work to be shared: blocks that any worker can value, and what they settle to.

A door (a task, a command) needs `job.Job` only: value blocks in any order, anywhere; keep the
bytes; settle them when enough are there. `nearest` plays the games of `methods` block by block,
`sampled` draws semivalues, `grown` grows trees, `tabled` reads a utility table.
"""
