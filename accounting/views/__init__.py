"""The pages of the accounts: every number on them leads to what it comes from.

`access` says who reads, `tables` and `notices` what the components of the design system take;
the other modules are one page each, with the `*_figures` and `*_tables` they show beside them.
"""
