"""What each program does with a problem: the functions of PROGRAMS take its folder, load the rows, and
return the job that is timed. The job returns the correct held-out rows for each lambda, or for the
lambda it chose where it tells no other.

The job is a ridge path: train for each of ten lambdas, count how many held-out rows each gets right,
choose the best. Programs that choose by their own cross-validation (RidgeClassifierCV and RidgeCV: leave
one out, among the training rows) do other work for the same purpose.
"""

from __future__ import annotations

import functools
import pathlib

import numpy

import problems

BLOCK_ROWS = 8_192  # of numpy_blocks


def targets_of(labels: numpy.ndarray, dtype: type) -> tuple[numpy.ndarray, numpy.ndarray]:
    """The classes, and +1 for a row's class and -1 elsewhere."""
    classes, indices = numpy.unique(labels, return_inverse=True)
    targets = numpy.full((len(indices), len(classes)), -1.0, dtype)
    targets[numpy.arange(len(indices)), indices] = 1.0
    return classes, targets


def count(scores: numpy.ndarray, classes: numpy.ndarray, labels: numpy.ndarray) -> int:
    return int((classes[scores.argmax(axis=1)] == labels).sum())


def numpy_path(folder: pathlib.Path, dtype: type, only_one: bool = False):
    """By hand: centring, one X'X, ten Cholesky solutions, ten products for the scores."""
    import scipy.linalg

    problem, rows = problems.read(folder), problems.load(folder, dtype)
    lambdas = middle(problem.lambdas) if only_one else problem.lambdas

    def job():
        classes, targets = targets_of(rows.train_labels, dtype)
        mean = rows.train.mean(axis=0) if problem.intercept else dtype(0)
        target_mean = targets.mean(axis=0) if problem.intercept else dtype(0)
        x = rows.train - mean if problem.intercept else rows.train
        gram = x.T @ x
        right_hand_side = x.T @ (targets - target_mean)
        correct = []
        for value in lambdas:
            system = gram.copy()
            system.flat[:: len(system) + 1] += value
            factor = scipy.linalg.cho_factor(system, lower=True, overwrite_a=True)
            weights = scipy.linalg.cho_solve(factor, right_hand_side)
            scores = rows.held_out @ weights
            if problem.intercept:
                scores += target_mean - mean @ weights
            correct.append(count(scores, classes, rows.held_out_labels))
        return correct

    return job


def numpy_blocks(folder: pathlib.Path):
    """By hand and with care, in float64: sums over blocks of rows, centred late, and the scores of all
    lambdas by one product for each block. Rows are never copied as a whole."""
    import scipy.linalg

    problem = problems.read(folder)
    rows = problems.load(folder, problems.stored_type(folder) if problem.intercept else numpy.float64)

    def blocks(count):
        return (slice(first, first + BLOCK_ROWS) for first in range(0, count, BLOCK_ROWS))

    def job():
        classes, targets = targets_of(rows.train_labels, numpy.float64)
        gram, right_hand_side, total = 0.0, 0.0, 0.0
        for block in blocks(len(rows.train)):
            x = rows.train[block].astype(numpy.float64, copy=False)
            gram += x.T @ x
            right_hand_side += x.T @ targets[block]
            total += x.sum(axis=0)
        target_mean = targets.mean(axis=0) if problem.intercept else numpy.zeros(len(classes))
        mean = total / len(targets) if problem.intercept else numpy.zeros(len(gram))
        gram -= len(targets) * numpy.outer(mean, mean)
        right_hand_side -= len(targets) * numpy.outer(mean, target_mean)
        weights = []
        for value in problem.lambdas:
            system = gram.copy()
            system.flat[:: len(system) + 1] += value
            factor = scipy.linalg.cho_factor(system, lower=True, overwrite_a=True)
            weights.append(scipy.linalg.cho_solve(factor, right_hand_side))
        weights = numpy.stack(weights)  # lambdas x features x classes
        by_lambda = weights.transpose(1, 0, 2).reshape(len(gram), -1)
        intercepts = target_mean - mean @ weights
        correct = numpy.zeros(len(weights), int)
        for block in blocks(len(rows.held_out)):
            scores = rows.held_out[block].astype(numpy.float64, copy=False) @ by_lambda
            scores = scores.reshape(-1, *intercepts.shape) + intercepts
            correct += (classes[scores.argmax(axis=2)] == rows.held_out_labels[block, None]).sum(axis=0)
        return correct.tolist()

    return job


def ridge_classifier(folder: pathlib.Path, dtype: type):
    """The usual sweep: ten RidgeClassifier(alpha, solver="cholesky"), fit and score."""
    from sklearn.linear_model import RidgeClassifier

    problem, rows = problems.read(folder), problems.load(folder, dtype)

    def job():
        correct = []
        for value in problem.lambdas:
            model = RidgeClassifier(alpha=value, solver="cholesky", fit_intercept=problem.intercept)
            model.fit(rows.train, rows.train_labels)
            predicted = model.predict(rows.held_out)
            correct.append(int((predicted == rows.held_out_labels).sum()))
        return correct

    return job


def ridge_classifier_cv(folder: pathlib.Path):
    """RidgeClassifierCV(alphas): leave one out among the training rows, then the held-out rows."""
    from sklearn.linear_model import RidgeClassifierCV

    problem, rows = problems.read(folder), problems.load(folder, numpy.float64)

    def job():
        model = RidgeClassifierCV(alphas=problem.lambdas, fit_intercept=problem.intercept)
        model.fit(rows.train, rows.train_labels)
        return [int((model.predict(rows.held_out) == rows.held_out_labels).sum())]

    return job


def ridge_cv(folder: pathlib.Path):
    """RidgeCV(alphas) on targets of +1 and -1: leave one out among the training rows."""
    from sklearn.linear_model import RidgeCV

    problem, rows = problems.read(folder), problems.load(folder, numpy.float64)

    def job():
        classes, targets = targets_of(rows.train_labels, numpy.float64)
        model = RidgeCV(alphas=problem.lambdas, fit_intercept=problem.intercept)
        model.fit(rows.train, targets)
        return [count(model.predict(rows.held_out), classes, rows.held_out_labels)]

    return job


def himalaya(folder: pathlib.Path):
    """himalaya.ridge.RidgeCV on targets of +1 and -1, with the same held-out rows as its one fold and
    accuracy as its score; by a singular value decomposition, as it always does, one lambda at a time (it
    makes a matrix of held-out x training rows for each). It refits too."""
    from himalaya.ridge import RidgeCV
    from sklearn.model_selection import PredefinedSplit

    problem, rows = problems.read(folder), problems.load(folder, numpy.float64)
    x = numpy.concatenate([rows.train, rows.held_out])
    labels = numpy.concatenate([rows.train_labels, rows.held_out_labels])
    fold = numpy.where(numpy.arange(len(x)) < len(rows.train), -1, 0)
    held_out = len(rows.held_out)
    del rows

    def job():
        targets = targets_of(labels, numpy.float64)[1]
        target_mean = targets[fold < 0].mean(axis=0) if problem.intercept else 0.0

        def accuracy(y_true, y_pred):
            """Of targets and predictions less the mean of the training targets. himalaya wants a score
            for each target, of one or several lambdas: all are the same."""
            right = (y_pred + target_mean).argmax(axis=-1) == y_true.argmax(axis=-1)
            return numpy.repeat(right.mean(axis=-1)[..., None], y_true.shape[-1], axis=-1)

        parameters = {"local_alpha": False, "score_func": accuracy, "n_alphas_batch": 1}
        model = RidgeCV(alphas=problem.lambdas, fit_intercept=problem.intercept,
                        cv=PredefinedSplit(fold), solver_params=parameters)
        model.fit(x, targets)
        return [round(float(numpy.max(model.cv_scores_)) * held_out)]

    return job


def mllib(folder: pathlib.Path):
    """LinearRegression(solver="normal") for each class and lambda, on a cached DataFrame."""
    import mllib as peer

    problem, rows = problems.read(folder), problems.load(folder, numpy.float64, as_stored=True)
    spark = peer.start()
    frame = peer.frame_of(spark, rows.train, rows.train_labels, folder / "mllib")
    classes = numpy.unique(rows.train_labels)
    rows.train = None

    def job():
        accuracies = peer.fit_path(frame, rows.train_labels, problem.lambdas, classes,
                                   rows.held_out, rows.held_out_labels)
        return [round(one * len(rows.held_out)) for one in accuracies]

    return job


def torch(folder: pathlib.Path):
    """The path by hand on a GPU with PyTorch, in float64; copying the rows there counts."""
    import torch as library

    if not library.cuda.is_available():
        raise SystemExit("PyTorch finds no GPU")
    problem, rows = problems.read(folder), problems.load(folder, numpy.float64)
    library.zeros(1, device="cuda")  # starting CUDA is not the job

    def job():
        classes, targets = targets_of(rows.train_labels, numpy.float64)
        x, held_out, y = (library.from_numpy(array).cuda()
                          for array in (rows.train, rows.held_out, targets))
        mean = x.mean(0) if problem.intercept else library.zeros_like(x[0])
        target_mean = y.mean(0) if problem.intercept else library.zeros_like(y[0])
        x = x - mean
        gram, right_hand_side = x.T @ x, x.T @ (y - target_mean)
        correct = []
        for value in problem.lambdas:
            system = gram.clone()
            system.diagonal().add_(value)
            weights = library.cholesky_solve(right_hand_side, library.linalg.cholesky(system))
            scores = held_out @ weights + (target_mean - mean @ weights)
            correct.append(count(scores.cpu().numpy(), classes, rows.held_out_labels))
        return correct

    return job


def cuml(folder: pathlib.Path):
    """cuml.Ridge for each class and lambda (it takes one target), on rows that lie on the GPU."""
    import cupy
    from cuml.linear_model import Ridge

    problem, rows = problems.read(folder), problems.load(folder, numpy.float64)
    x, held_out = cupy.asarray(rows.train), cupy.asarray(rows.held_out)

    def job():
        classes, targets = targets_of(rows.train_labels, numpy.float64)
        correct = []
        for value in problem.lambdas:
            scores = [Ridge(alpha=value, solver="eig", fit_intercept=problem.intercept)
                      .fit(x, cupy.asarray(target)).predict(held_out) for target in targets.T]
            scores = cupy.asnumpy(cupy.stack(scores, axis=1))
            correct.append(count(scores, classes, rows.held_out_labels))
        return correct

    return job


def middle(lambdas: list[float]) -> list[float]:
    return [lambdas[len(lambdas) // 2]]


PROGRAMS = {
    "numpy": functools.partial(numpy_path, dtype=numpy.float64),
    "numpy-float32": functools.partial(numpy_path, dtype=numpy.float32),
    "numpy-blocks": numpy_blocks,
    "numpy-one-lambda": functools.partial(numpy_path, dtype=numpy.float64, only_one=True),
    "ridge-classifier": functools.partial(ridge_classifier, dtype=numpy.float64),
    "ridge-classifier-float32": functools.partial(ridge_classifier, dtype=numpy.float32),
    "ridge-classifier-cv": ridge_classifier_cv,
    "ridge-cv": ridge_cv,
    "himalaya": himalaya,
    "mllib": mllib,
    "torch": torch,
    "cuml": cuml,
}
