"""Valuations of data against pyDVL and OpenDataVal: same inputs, same machine, same run."""
