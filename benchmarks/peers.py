"""What a user would pick instead: scikit-learn, fastText and omikuji behind one signature.

Each peer reads the same text (title, newline, abstract) and gives an array (papers, 50).
"""

import re
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Scores = NDArray[np.float32]
Predict = Callable[[list[str]], Scores]


def scikit_learn(texts: list[str], targets: NDArray[np.uint8], *, bigrams: bool) -> Predict:
    """TF-IDF and LinearSVC, one per category: 200,000 features with bigrams, 50,000 without."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.multiclass import OneVsRestClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.svm import LinearSVC

    vectorizer = TfidfVectorizer(
        sublinear_tf=True,
        min_df=5,
        max_features=200_000 if bigrams else 50_000,
        ngram_range=(1, 2 if bigrams else 1),
        strip_accents="unicode",
        dtype=np.float32,
    )
    pipeline = make_pipeline(vectorizer, OneVsRestClassifier(LinearSVC(C=0.3), n_jobs=2))
    pipeline.fit(texts, targets)

    def predict(papers: list[str]) -> Scores:
        margins = pipeline.decision_function(papers)
        scores: Scores = (1 / (1 + np.exp(-2 * margins))).astype(np.float32)
        return scores

    predict.pipeline = pipeline  # type: ignore[attr-defined]  # the whole-command benchmark saves it
    return predict


def logistic_regression(texts: list[str], targets: NDArray[np.uint8]) -> Predict:
    """TF-IDF of 100,000 words and pairs, and a logistic regression per category."""
    import joblib
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.multiclass import OneVsRestClassifier
    from sklearn.pipeline import make_pipeline

    vectorizer = TfidfVectorizer(
        sublinear_tf=True, min_df=5, max_features=100_000, ngram_range=(1, 2), strip_accents="unicode", dtype=np.float32
    )
    model = OneVsRestClassifier(LogisticRegression(solver="liblinear", C=5.0), n_jobs=2)
    pipeline = make_pipeline(vectorizer, model)
    # Processes would share the targets read-only, and liblinear writes to them.
    with joblib.parallel_config("threading"):
        pipeline.fit(texts, targets)

    def predict(papers: list[str]) -> Scores:
        scores: Scores = pipeline.predict_proba(papers).astype(np.float32)
        return scores

    predict.pipeline = pipeline  # type: ignore[attr-defined]  # the comparison of architectures saves it
    return predict


def fast_text(texts: list[str], targets: NDArray[np.uint8]) -> Predict:
    """fastText one-versus-all with word bigrams, 100 dimensions, 15 epochs."""
    import fasttext

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "train.txt"
        with path.open("w", encoding="utf-8") as file:
            for text, row in zip(texts, targets, strict=True):
                labels = " ".join(f"__label__{column}" for column in np.flatnonzero(row))
                if labels:
                    file.write(f"{labels} {plain(text)}\n")
        model = fasttext.train_supervised(
            str(path),
            loss="ova",
            dim=100,
            epoch=15,
            lr=0.3,
            wordNgrams=2,
            minCount=5,
            bucket=1_000_000,
            thread=2,
            verbose=0,
        )
    columns = targets.shape[1]

    def predict(papers: list[str]) -> Scores:
        scores = np.zeros((len(papers), columns), np.float32)
        for row, text in zip(scores, papers, strict=True):
            # The binding's own predict() fails with numpy 2; this is what it calls.
            for probability, label in model.f.predict(f"{plain(text)}\n", columns, 0.0, "strict"):
                row[int(label.removeprefix("__label__"))] = probability
        return scores

    predict.model = model  # type: ignore[attr-defined]  # the whole-command benchmark saves it
    return predict


def plain(text: str) -> str:
    """Returns what fastText is given of a text: letters, digits and spaces."""
    return re.sub(r"[^a-z0-9 ]+", " ", text.lower().replace("\n", " "))


def omikuji(texts: list[str], targets: NDArray[np.uint8]) -> Predict:
    """omikuji, Parabel-like, 3 trees over TF-IDF with bigrams."""
    import omikuji as library
    from sklearn.feature_extraction.text import TfidfVectorizer

    vectorizer = TfidfVectorizer(
        sublinear_tf=True, min_df=5, max_features=100_000, ngram_range=(1, 2), strip_accents="unicode", dtype=np.float32
    )
    matrix = vectorizer.fit_transform(texts)
    columns = targets.shape[1]
    labelled = np.flatnonzero(targets.any(axis=1))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "train.txt"
        with path.open("w", encoding="utf-8") as file:
            file.write(f"{len(labelled)} {matrix.shape[1]} {columns}\n")
            for number in labelled:
                row = matrix[number]
                features = " ".join(f"{i}:{w:.4f}" for i, w in zip(row.indices, row.data, strict=True))
                file.write(f"{','.join(map(str, np.flatnonzero(targets[number])))} {features}\n")
        parameters = library.Model.default_hyper_param()
        parameters.n_trees, parameters.min_branch_size = 3, 100
        model = library.Model.train_on_data(str(path), parameters, 2)

    def predict(papers: list[str]) -> Scores:
        rows = vectorizer.transform(papers)
        scores = np.zeros((rows.shape[0], columns), np.float32)
        for number in range(rows.shape[0]):
            row = rows[number]
            for column, score in model.predict(
                list(zip(row.indices.tolist(), row.data.tolist(), strict=True)), 10, columns
            ):
                scores[number, column] = score
        return scores

    return predict
