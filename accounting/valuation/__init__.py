"""What each point and each owner of data was worth to a model: arithmetic, no Django.

Exact under nearest neighbours: `methods` prepares `point_shapley`, `owner_shapley` (and
`owner_banzhaf`), `leave_one_out` or `threshold` under a frozen `utility`; `blocks` runs it in
parts that can be stored, shared and merged to the same bits.

Any other utility: `semivalues` samples coalitions measured by `retraining` a model;
`utility_table` and `least_core` read a table of all of them; `data_oob` needs no validation set.

Around a valuation: `duplicates` before it; `convergence`, `levels` and `curves` to judge it;
`attribution` to pass values on to contributions.
"""
