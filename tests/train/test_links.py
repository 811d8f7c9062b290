"""The link model: it learns what people linked, and a model folder holds it."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from casualties.confidence import Scaling, Tuning
from casualties.corpus.inline import parse_inline
from casualties.corpus.records import Article
from casualties.extractor import Extractor, ModelError, add_link_model, write_tuning
from casualties.labels import GROUPS
from casualties.link import link, onnx_link_model
from casualties.pairs import FEATURES
from casualties.report import Casualty
from casualties.scoring.links import unlinked
from train.export import write_onnx
from train.link_network import GroupLayer, LinkGraph, LinkNetwork
from train.links import (
    MOST,
    as_link_model,
    dev_scores,
    loss_of,
    main,
    make_batches,
    make_examples,
    train_groups,
    train_links,
    vectors_of,
    write_graph,
)

ARTICLES = [
    parse_inline(marked, id=str(number), source="articles")
    for number, marked in enumerate(
        [
            "⟦Police⟧{SOURCE #p} said ⟦ten people⟧{KILLED unknown 10 #t @p}, ⟦a child⟧{KILLED civilian 1 <t @p} among them, died in "
            "⟦Tolva⟧{PLACE}.\n\n⟦Red Dawn⟧{CLAIMED i2} claimed an attack in ⟦Veleny⟧{PLACE i2} that hurt ⟦four⟧{WOUNDED unknown 4 i2}.",
            "In ⟦Veleny⟧{PLACE} ⟦three⟧{KILLED unknown 3} died.\n\nIn ⟦Tolva⟧{PLACE i2}, the ⟦army⟧{SOURCE #a i2} said, ⟦two⟧{KILLED unknown 2 @a i2} did.",
        ]
    )
]


VECTORS = {
    article.id: np.random.default_rng(0).normal(size=(len(article.mentions), 6)).astype(np.float32)
    for article in ARTICLES
}


def test_it_learns_what_people_linked() -> None:
    network = train_links(ARTICLES, [], VECTORS, seed=0, epochs=150)
    scores = dev_scores(as_link_model(network), ARTICLES, VECTORS)
    assert scores == dict.fromkeys(scores, pytest.approx(1.0))


def test_it_learns_from_vectors_what_nothing_else_tells() -> None:
    """Fourteen texts that differ in nothing but a vector, which says whether the second figure is a part."""
    marks = "⟦Ten people⟧{KILLED unknown 10 #t} died. ⟦Four⟧{KILLED unknown 4%s} were there."
    articles = [parse_inline(marks % (" <t" * (n % 2)), id=str(n), source="articles") for n in range(14)]
    vectors = {str(n): np.array([[0, 1, 0, 1], [n % 2, 1 - n % 2, 0, 1]], np.float32) for n in range(14)}
    network = train_links(articles, [], vectors, seed=0, epochs=60)
    assert dev_scores(as_link_model(network), articles, vectors)["parts"] == pytest.approx(1.0)
    same = {id: vectors["0"] for id in vectors}
    assert dev_scores(as_link_model(network), articles, same)["parts"] < 0.9


def test_groups_are_learnt_from_few_casualties() -> None:
    """The sentence's vector tells the group; the words are the same in all texts."""
    kinds = {"security": [1, 0, 0, 1], "civilian": [1, 0, 1, 0]}
    articles = [
        parse_inline(f"⟦Four⟧{{KILLED {group} 4}} were there.", id=f"{group}{n}", source="articles")
        for group in kinds
        for n in range(9)
    ]
    vectors = {each.id: np.array([kinds[each.id[:-1]]], np.float32) for each in articles}
    layer = train_groups(articles, vectors, seed=0)
    assert layer is not None
    links = as_link_model(LinkGraph(LinkNetwork(4), layer))
    for article in articles:
        found = [replace(each, group="official") for each in article.mentions if isinstance(each, Casualty)]
        report = link(article.text, found, links=links, vectors=vectors[article.id], classify_groups=True)
        assert [each.group for each in report.mentions if isinstance(each, Casualty)] == [article.id[:-1]]
    nobody = replace(articles[0], mentions=())
    assert train_groups([nobody], {nobody.id: np.zeros((0, 4), np.float32)}, seed=0) is None


def test_examples_hold_the_links_and_no_more_mentions_than_are_learnt_from_together() -> None:
    (example,) = make_examples(ARTICLES[0], VECTORS["0"])
    assert example.vectors.numpy().tolist() == VECTORS["0"].tolist()
    assert example.features.shape == (7, 7, FEATURES)
    assert example.same[:4, :4].all() and not example.same[:4, 4:].any()
    assert example.targets[0].tolist() == [7, 0, 0, 7, 7, 7, 7]
    assert example.targets[1].tolist() == [7, 7, 1, 7, 7, 7, 7]
    text = "x " * (2 * MOST + 1)
    many = [replace(ARTICLES[0].mentions[0], id=f"m{n}", start=2 * n, end=2 * n + 1) for n in range(2 * MOST + 1)]
    long = Article(id="long", source="tests", text=text, mentions=tuple(many), incidents=("i1",))
    vectors = np.arange(2 * MOST + 1, dtype=np.float32).reshape(-1, 1)
    parts = make_examples(long, vectors)
    assert [len(part.same) for part in parts] == [MOST, MOST]
    assert [part.vectors[0].item() for part in parts] == [0, MOST]
    assert make_examples(replace(long, mentions=()), vectors[:0]) == []


def test_batches_hold_every_example_once_beside_others_of_its_size() -> None:
    text = "x " * 130
    mentions = [replace(ARTICLES[0].mentions[0], id=f"m{n}", start=2 * n, end=2 * n + 1) for n in range(130)]
    sizes = [2] * 70 + [3] * 5 + [100] * 2 + [40] * 7
    long = Article(id="long", source="tests", text=text, mentions=tuple(mentions), incidents=("i1",))
    example = {
        size: make_examples(replace(long, mentions=long.mentions[:size]), np.zeros((size, 2), np.float32))[0]
        for size in set(sizes)
    }
    batches = make_batches([example[size] for size in sizes], np.random.default_rng(0))
    assert sorted(number for batch in batches for number in batch) == list(range(len(sizes)))
    assert all(len({sizes[number] for number in batch}) == 1 for batch in batches)
    assert sorted(map(len, batches)) == [1, 1, 2, 5, 5, 6, 32, 32]


def test_the_loss_of_a_batch_is_the_sum_of_its_articles() -> None:
    network = LinkNetwork(6).eval()
    (first,) = make_examples(ARTICLES[0], VECTORS["0"])
    other = replace(first, vectors=first.vectors.flip(0), same=torch.ones_like(first.same))
    together = loss_of(network, [first, other])
    assert together.item() == pytest.approx((loss_of(network, [first]) + loss_of(network, [other])).item(), rel=1e-5)


@pytest.mark.parametrize("groups", [GroupLayer(6).eval(), None])
@pytest.mark.parametrize("count", [0, 1, 5])
def test_the_graph_scores_any_number_of_mentions_as_the_network_does(
    count: int, groups: GroupLayer | None, tmp_path: Path
) -> None:
    network = LinkNetwork(6).eval()
    write_graph(network, groups, tmp_path / "links.onnx")
    drawn = np.random.default_rng(count)
    features = drawn.random((count, count, FEATURES), np.float32)
    vectors = drawn.random((count, 6), np.float32)
    given = onnx_link_model(tmp_path / "links.onnx")(features, vectors)
    expected = as_link_model(LinkGraph(network, groups))(features, vectors)
    assert (given[2] is None) == (expected[2] is None) == (groups is None)
    for output, wanted in zip(given, expected, strict=True):
        assert output is None or (wanted is not None and np.allclose(output, wanted, atol=1e-5))
    assert str(Path.cwd()).encode() not in (tmp_path / "links.onnx").read_bytes()


@pytest.fixture(scope="module")
def folder(tiny_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny model with a link model that has learnt the articles."""
    folder = tmp_path_factory.mktemp("links") / "model"
    shutil.copytree(tiny_model, folder)
    vectors = vectors_of(Extractor(folder), ARTICLES)
    write_graph(train_links(ARTICLES, [], vectors, seed=0, epochs=150), None, folder / "scratch")
    add_link_model(folder, folder / "scratch")
    return folder


def test_a_model_folder_links_as_the_network_does(folder: Path) -> None:
    extractor = Extractor(folder)
    for article in ARTICLES:
        report = extractor.link(article.text, unlinked(article))
        assert [mention.incidents for mention in report.mentions] == [mention.incidents for mention in article.mentions]
        assert [getattr(mention, "source", None) for mention in report.mentions] == [
            getattr(mention, "source", None) for mention in article.mentions
        ]
    assert sorted(path.name for path in folder.iterdir()) == [
        "config.json",
        "links.onnx",
        "model.onnx",
        "tokenizer.json",
    ]


@pytest.mark.parametrize("tells_groups", [True, False])
def test_groups_are_told_by_the_link_model_where_a_model_found_the_mentions(
    tells_groups: bool, tiny_model: Path, tmp_path: Path
) -> None:
    """A layer that says "official" of all: found casualties are official, marked ones stay as they are."""
    shutil.copytree(tiny_model, tmp_path / "model")
    extractor = Extractor(tmp_path / "model")
    found = next(extractor.decode_many([ARTICLES[0].text]))
    by_encoder = [each.group for each in found if isinstance(each, Casualty)]
    assert set(by_encoder) - {"official"}
    length = extractor.vectors(ARTICLES[0].text, found).shape[1]
    layer = GroupLayer(length).eval()
    with torch.no_grad():
        layer.scores.bias[GROUPS.index("official")] = 1e3
    write_graph(LinkNetwork(length).eval(), layer if tells_groups else None, tmp_path / "scratch")
    add_link_model(tmp_path / "model", tmp_path / "scratch")
    linking = Extractor(tmp_path / "model")
    for report in (linking.extract(ARTICLES[0].text), next(linking.extract_many([ARTICLES[0].text]))):
        told = [each.group for each in report.mentions if isinstance(each, Casualty)]
        assert told == (["official"] * len(told) if tells_groups else by_encoder)
    marked = linking.link(ARTICLES[0].text, unlinked(ARTICLES[0])).mentions
    assert [getattr(each, "group", None) for each in marked] == [
        getattr(each, "group", None) for each in ARTICLES[0].mentions
    ]


def test_a_link_model_of_another_version_is_learnt_anew(folder: Path, tmp_path: Path) -> None:
    model = tmp_path / "model"
    shutil.copytree(folder, model)
    features = torch.zeros(2, FEATURES + 1)
    write_onnx(torch.nn.Linear(FEATURES + 1, 3), tmp_path / "old", {"features": features}, ["scores"], [{0: "pairs"}])
    add_link_model(model, tmp_path / "old")
    with pytest.raises(ModelError, match=r"run train\.links again"):
        Extractor(model)
    labelled = tmp_path / "labelled.jsonl"
    labelled.write_text("".join(json.dumps(article.to_record()) + "\n" for article in ARTICLES), encoding="utf-8")
    main(model, only=(labelled, labelled), seed=0)
    extractor = Extractor(model)
    assert len(extractor.link(ARTICLES[0].text, unlinked(ARTICLES[0])).mentions) == len(ARTICLES[0].mentions)
    vectors = extractor.vectors(ARTICLES[0].text, ARTICLES[0].mentions[:1])
    groups = onnx_link_model(model / "links.onnx")(np.zeros((1, 1, FEATURES), np.float32), vectors)[2]
    assert groups is not None and groups.shape == (1, len(GROUPS)), "the groups are learnt too"


def test_a_damaged_link_model_is_named(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder, tmp_path / "model")
    (tmp_path / "model" / "links.onnx").write_bytes(b"nothing")
    with pytest.raises(ModelError, match=r"links\.onnx is damaged"):
        Extractor(tmp_path / "model")


def test_what_was_learnt_about_a_model_is_in_its_folder(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder, tmp_path / "model")
    text = "A bomb killed three people in Harrow Bay on Monday, police said. No group claimed it."
    before = Extractor(folder).extract(text).mentions
    scaling = Scaling(0.0, float(np.log(3)))  # whatever the model says, three in four are right
    write_tuning(tmp_path / "model", Tuning(dict.fromkeys(("casualty", "attribution", "context"), scaling)))
    tuned = Extractor(tmp_path / "model")
    assert [mention.confidence for mention in tuned.extract(text).mentions] == [pytest.approx(0.75)] * len(before)
    assert tuned.extract(text, min_confidence=0.8).mentions == ()
    assert len(before) > 0
    assert next(iter(tuned.extract_many([text], min_confidence=0.8))).mentions == ()


def test_a_damaged_tuning_is_named(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder, tmp_path / "model")
    path = tmp_path / "model" / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "tuning": {"thresholds": {"KILLED": "high"}}}))
    with pytest.raises(ModelError, match=r"config\.json cannot be read"):
        Extractor(tmp_path / "model")
