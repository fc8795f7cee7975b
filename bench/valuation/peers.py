"""The peers' side, run by the interpreter of their own environment; imports nothing of Huisu.

Arguments: task (`pydvl`, `opendataval` or `pydvl_banzhaf`), inputs (.npz), results (.npz).
"""

from __future__ import annotations

import runpy
import sys
import time
import warnings
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

Inputs = dict[str, Any]


def pydvl_points(inputs: Inputs) -> npt.NDArray[Any]:
    """Exact KNN-Shapley of points by pyDVL, on two threads."""
    parallel_config = import_module("joblib").parallel_config
    classifier = import_module("sklearn.neighbors").KNeighborsClassifier
    pydvl = import_module("pydvl.valuation")
    tests = pydvl.Dataset(inputs["test_features"], inputs["test_labels"])
    model = classifier(n_neighbors=int(inputs["k"]))
    valuation = pydvl.KNNShapleyValuation(model, tests, progress=False)
    with parallel_config(backend="threading", n_jobs=2):
        valuation.fit(pydvl.Dataset(inputs["features"], inputs["labels"]))
    result = valuation.result
    result.sort(key="index")
    return np.asarray(result.values)


def opendataval_points(inputs: Inputs) -> npt.NDArray[Any]:
    """Exact KNN-Shapley of points by OpenDataVal, on torch's threads."""
    torch = import_module("torch")
    dataval = import_module("opendataval.dataval")

    def one_hot(labels: Any) -> Any:
        return torch.nn.functional.one_hot(torch.tensor(labels), 10).float()

    evaluator = dataval.KNNShapley(k_neighbors=int(inputs["k"]), batch_size=2048)
    evaluator.input_data(
        torch.tensor(inputs["features"]).float(),
        one_hot(inputs["labels"]),
        torch.tensor(inputs["test_features"]).float(),
        one_hot(inputs["test_labels"]),
    )
    evaluator.train_data_values()
    return np.asarray(evaluator.evaluate_data_values())


def pydvl_banzhaf(inputs: Inputs) -> npt.NDArray[Any]:
    """Data Banzhaf over groups by retraining: seconds of the loop and of its bare fits."""
    pydvl = import_module("pydvl.valuation")
    bare = 0.0

    class TimedModel(import_module("sklearn.naive_bayes").GaussianNB):  # type: ignore[misc]
        def fit(self, *arguments: Any) -> Any:
            nonlocal bare
            started = time.perf_counter()
            fitted = super().fit(*arguments)
            bare += time.perf_counter() - started
            return fitted

        def score(self, *arguments: Any) -> Any:
            nonlocal bare
            started = time.perf_counter()
            score = super().score(*arguments)
            bare += time.perf_counter() - started
            return score

    training = pydvl.GroupedDataset(inputs["features"], inputs["labels"], inputs["owners"])
    tests = pydvl.Dataset(inputs["test_features"], inputs["test_labels"])
    scorer = pydvl.SupervisedScorer("accuracy", tests, default=0.0)
    utility = pydvl.ModelUtility(TimedModel(), scorer)
    limit = pydvl.MaxSamples(pydvl.MSRSampler(), int(inputs["coalitions"]))
    valuation = pydvl.MSRBanzhafValuation(utility, limit, seed=1, show_warnings=False)
    # The limit must count the samples of the sampler that is run.
    limit.sampler = valuation.sampler
    started = time.perf_counter()
    valuation.fit(training)
    return np.array([time.perf_counter() - started, bare])


TASKS = {
    "pydvl": pydvl_points,
    "opendataval": opendataval_points,
    "pydvl_banzhaf": pydvl_banzhaf,
}


def main(task: str, inputs_path: str, results_path: str) -> None:
    """Load, warm up on a few points, value, and write values, seconds and memory."""
    warnings.simplefilter("ignore")
    memory = runpy.run_path(str(Path(__file__).parent / "memory.py"))
    with np.load(inputs_path) as stored:
        inputs = {name: stored[name] for name in stored.files}
    if task != "pydvl_banzhaf":
        few = {**inputs, "features": inputs["features"][:50], "labels": inputs["labels"][:50]}
        TASKS[task](
            {
                **few,
                "test_features": inputs["test_features"][:4],
                "test_labels": inputs["test_labels"][:4],
            }
        )
    before = memory["reset_peak"]()
    started, worked = time.perf_counter(), time.process_time()
    values = TASKS[task](inputs)
    seconds = time.perf_counter() - started
    np.savez(
        results_path,
        points=values,
        seconds=seconds,
        cpu_seconds=time.process_time() - worked,
        extra_bytes=memory["peak"]() - before,
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
