"""RO-Crate metadata beside a bundle: who computed what from what, for machines that archive.

Source: RO-Crate 1.3, "Root data entity", "Data entities" and "Provenance of entities".
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from accounting.core.bundle.columns import MANIFEST, is_derived
from accounting.core.bundle.manifest import FORMAT, Manifest

CRATE = "ro-crate-metadata.json"
_SPECIFICATION = "https://w3id.org/ro/crate/1.3"
_MEDIA_TYPES = {
    ".csv": "text/csv",
    ".json": "application/json",
    ".parquet": "application/vnd.apache.parquet",
}


def crate_document(
    manifest: Manifest, directory: Path, *, operator: str, published: str
) -> dict[str, Any]:
    """Describe a bundle that lies in a folder beside the description.

    Args:
        manifest: The bundle's.
        directory: The bundle.
        operator: Name of the organisation whose run it is.
        published: Day of the run, as ISO 8601 writes it.
    """
    names = [MANIFEST, *sorted(manifest.files)]
    files = {name: f"{directory.name}/{name}" for name in names}
    inputs = [_ref(files[name]) for name in names[1:] if not is_derived(name)]
    results = [_ref(files[name]) for name in names[1:] if is_derived(name)]
    return {
        "@context": f"{_SPECIFICATION}/context",
        "@graph": [
            {
                "@id": CRATE,
                "@type": "CreativeWork",
                "conformsTo": _ref(_SPECIFICATION),
                "about": _ref("./"),
            },
            {
                "@id": "./",
                "@type": "Dataset",
                "name": f"Allocation run {manifest.run_id}",
                "description": (
                    f"Everything run {manifest.run_id} read and computed for"
                    f" {manifest.period_start} to {manifest.period_end} in {manifest.currency};"
                    " python -m accounting.core.verify recomputes it."
                ),
                "identifier": manifest.run_id,
                "datePublished": published,
                "publisher": _ref(f"#{manifest.operator}"),
                "license": _ref("#terms"),
                "hasPart": [_ref(files[name]) for name in names],
                "mentions": _ref("#run"),
            },
            {
                "@id": "#terms",
                "@type": "CreativeWork",
                "name": "For the parties of the policy",
                "description": (
                    "Holds single people's work and pay under pseudonyms. To be passed on only"
                    " as the policy's parties and the people themselves agree."
                ),
            },
            {"@id": f"#{manifest.operator}", "@type": "Organization", "name": operator},
            {
                "@id": "#engine",
                "@type": "SoftwareApplication",
                "name": "Huisu",
                "version": manifest.algorithm,
            },
            {
                "@id": "#run",
                "@type": "CreateAction",
                "name": f"Run {manifest.run_id}",
                "agent": _ref(f"#{manifest.operator}"),
                "instrument": _ref("#engine"),
                "endTime": published,
                "object": inputs,
                "result": results,
            },
            *(_file(directory, name, files[name], manifest) for name in names),
        ],
    }


def _file(directory: Path, name: str, place: str, manifest: Manifest) -> dict[str, Any]:
    entity: dict[str, Any] = {
        "@id": place,
        "@type": "File",
        "name": name,
        "contentSize": str((directory / name).stat().st_size),
        "encodingFormat": _MEDIA_TYPES[Path(name).suffix],
    }
    if name == MANIFEST:
        return entity | {"description": f"What the bundle consists of, as {FORMAT}."}
    return entity | {"sha256": manifest.files[name].sha256}


def _ref(place: str) -> dict[str, str]:
    return {"@id": place}
