"""What does it cost to know a visitor? The fold, the codec, the features, the cluster: CPU per event, beside
scikit-learn for one row."""

import random
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from benchmarks.measure import LOOP, Row, Work, cpu_us, loop, within
from segments import features, preprocessing
from segments.attributes import Attributes
from segments.clustering.frozen import Clusters, FrozenClusters
from segments.conditions.event_rows import read
from segments.fitting import CLUSTER_FEATURES
from segments.merging import NO_ROWS
from segments.profile import Profile, decode, encode, fold
from segments.tallies import Rows
from tracking.event import Event

START = 1_760_000_000_000
K = 8
EVENTS = 400


def stream(seed: int = 1) -> list[Event]:
    """One busy visitor: pages with dwell and scrolling, searches, filters, carts, an order, over several sessions."""
    rng, at, events = random.Random(seed), START, []
    while len(events) < EVENTS:
        at += rng.choice([20_000, 40_000, 90_000, 7_200_000] if rng.random() < 0.1 else [5_000, 20_000, 40_000])
        product, page_id = f"K-{rng.randrange(60)}", f"page-{len(events)}"
        item = {
            "product_id": product,
            "category": f"Category {rng.randrange(8)}",
            "price": rng.randrange(500, 20_000) / 100,
            "page_id": page_id,
        }
        told = [
            ("page", "", item),
            ("track", "Product Viewed", item),
            ("track", "Page Dwell", {"page_id": page_id, "seconds": rng.randrange(3, 60), "product_id": product}),
            ("track", "Scroll Depth", {"page_id": page_id, "percent": rng.randrange(100)}),
            ("track", "Pointer Activity", {"page_id": page_id, "moves": 30, "clicks": 2}),
            rng.choice(
                [
                    ("track", "Products Searched", {"query": f"term {rng.randrange(9)}"}),
                    ("track", "Product Added", item | {"quantity": 1}),
                ]
            ),
        ]
        if rng.random() < 0.05:
            told.append(("track", "Order Completed", {"order_id": page_id, "total": 80.0, "products": [item]}))
        for kind, name, properties in told:
            at += 1000
            events.append(
                Event(
                    f"m-{len(events)}",
                    kind,
                    name,
                    at,
                    at,
                    path=f"/p/{product}",
                    device="mobile",
                    browser="Safari",
                    properties=properties,
                )
            )
    return events[:EVENTS]


def model(rng: np.random.Generator) -> tuple[Clusters, preprocessing.Preprocessing, np.ndarray]:
    n = len(CLUSTER_FEATURES)
    space = preprocessing.fit(rng.gamma(1, 20, (5000, n)))
    centroids = rng.normal(size=(K, n))
    names, ids = [str(position) for position in range(K)], list(range(1, K + 1))
    learned = {name: getattr(space, name).tolist() for name in ("low", "high", "mean", "scale")}
    learned |= {"centers": centroids.tolist(), "temperature": float(n)}
    return Clusters(FrozenClusters(1, "kmeans", list(CLUSTER_FEATURES), names, ids, learned)), space, centroids


def asked_of_events(number: int = 50) -> list[dict[str, Any]]:
    """Event rows as marketers write them, nearly all of which remember something of their own: half about products seen
    in some category; then orders, carts, searches, one after the other, what nobody does here."""
    rows: list[dict[str, Any]] = []
    for i in range(number):
        window, k = ["session", "ever", {"days": 7 + i}][i % 3], i // 12
        viewed = {"category": f"Category {i // 2 % 16}"}
        other = [
            {"event": "Order Completed", "where": {"total": {"$gte": 50 * k}}, "count": {"$eq": 0}},
            {"event": "Order Completed", "worth": {"$gte": 5000}},
            {"event": "Product Added", "where": {"price": {"$gte": 10 * k}}},
            {"event": "Products Searched", "where": {"query": f"term {k}"}, "count": {"$gte": 3}},
            {"event": "Product Added", "where": {"category": f"Category {k}"}, "then": {"event": "Order Completed"}},
            {"event": f"Newsletter {i}"},
        ][i // 2 % 6]
        if "then" in other:
            other["within"] = {"hours": 1 + k}
        seen = {"event": "Product Viewed", "where": viewed, "count": {"$gte": (1, 2, 12)[i % 3]}}
        rows.append({**(seen if i % 2 else other), "in": window})
    return rows


ROWS = Rows(read(row).row for row in asked_of_events())


def fold_all(events: list[Event], rows: Rows = NO_ROWS) -> Profile:
    profile = Profile()
    for event in events:
        fold(profile, event, rows)
    return profile


def library(space: preprocessing.Preprocessing, centroids: np.ndarray):
    """The same job by scikit-learn: a pipeline of its scaler and its k-means, holding our numbers; expects log1p of the
    features."""
    from sklearn.cluster import KMeans
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    pipeline = make_pipeline(StandardScaler(), KMeans(len(centroids), init=centroids, n_init=1, max_iter=1)).fit(
        centroids
    )
    pipeline[0].mean_, pipeline[0].scale_ = space.mean, space.scale
    pipeline[1].cluster_centers_ = np.ascontiguousarray(centroids)
    return lambda raw: pipeline.predict(np.clip(np.log1p(np.array([raw])), space.low, space.high))


def run() -> list[Row]:
    from threadpoolctl import threadpool_limits

    events = stream()
    profile = fold_all(events)
    data, now = encode(profile), profile.last_at
    assigner, space, centroids = model(np.random.default_rng(0))
    raw = features.vector(profile, now, assigner.features)
    predict = library(space, centroids)
    with threadpool_limits(1):
        if predict(raw)[0] != assigner.assign(raw)[0]:
            raise AssertionError("scikit-learn assigns this visitor to another cluster")
        sklearn_us = cpu_us(lambda: predict(raw), 300)
    once = fold_of_one(events)
    asked_us = cpu_us(lambda: Attributes(profile, now, models={"cluster": assigner})["cluster.id"], 5000)
    assigned = in_loops(f"cluster of one visitor, k = {K}, with memberships", lambda: assigner.assign(raw), 2.9, 0.86)
    once_us = once.value + asked_us
    return [
        once,
        fold_with_rows(events),
        in_loops("profile read and written", lambda: encode(decode(data)), 8.5, 2.9, note=f"{len(data)} bytes"),
        in_loops(f"feature vector of {len(raw)}", lambda: features.vector(profile, now, assigner.features), 8.5, 2.9),
        assigned,
        Row(
            "cluster of one visitor",
            assigned.value,
            "us",
            "scikit-learn, the same job",
            sklearn_us,
            sklearn_us / assigned.value,
            40,
            100,
        ),
        Row(
            "one event: fold, features, cluster",
            once_us,
            "us",
            "scikit-learn, the same job",
            sklearn_us,
            sklearn_us / once_us,
            10,
            30,
        ),
    ]


def fold_with_rows(events: list[Event]) -> Row:
    """Both figures are of one event."""
    note = f"{len(ROWS.by_key)} lists of marks; profile {len(encode(fold_all(events, ROWS)))} bytes"
    name = "fold of one event with 50 event rows in use"
    bounds = {"must": 1.3, "aim": 1.15}
    with_rows, without = partial(fold_all, events, ROWS), partial(fold_all, events)
    row = within(name, with_rows, "the fold without", without, **bounds, repeat=2, note=note)
    return replace(row, value=row.value / len(events), yardstick_value=row.yardstick_value / len(events))


def in_loops(promise: str, work: Work, must: float, aim: float, note: str = "") -> Row:
    return within(promise, work, LOOP, loop, must=must, aim=aim, repeat=200, note=note)


def fold_of_one(events: list[Event]) -> Row:
    """As many loops as events stand against them, so both figures are of one."""

    def loops() -> None:
        for _ in events:
            loop()

    note = f"{len(events)} events of a busy visitor"
    row = within("fold of one event", lambda: fold_all(events), LOOP, loops, must=4, aim=1.4, repeat=2, note=note)
    return replace(row, value=row.value / len(events), yardstick_value=row.yardstick_value / len(events))
