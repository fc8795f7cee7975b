"""The exports of named tools: one module a tool, each a `Format` in `registry`."""
