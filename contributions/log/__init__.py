"""The transparency log: what was recorded, provable to anyone, changed by no one.

An append-only RFC 6962 Merkle tree over salted commitments, published as C2SP tiles and signed
checkpoints. Nothing here needs Django or a database: an outsider runs the same code.
"""
