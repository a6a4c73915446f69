"""Training: it learns what can be learnt, the same each time, also after an interruption."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the train extra is not installed")
pytestmark = pytest.mark.torch

from safetensors.torch import save  # noqa: E402

from daw_bridge.config.files import names  # noqa: E402  what follows needs torch
from daw_bridge.config.training import LoopFile, Named, NetworkFile, TrainingFile, load_training  # noqa: E402
from daw_bridge.corpora.music import Music  # noqa: E402
from daw_bridge.corpora.pieces import Piece  # noqa: E402
from daw_bridge.encoding.drum_grid import DrumGrid  # noqa: E402
from daw_bridge.encoding.drum_text import DrumText  # noqa: E402
from daw_bridge.errors import UserError  # noqa: E402
from daw_bridge.policies.load import load  # noqa: E402
from daw_bridge.registry import CODECS, DATA  # noqa: E402
from daw_bridge.training import publish  # noqa: E402
from daw_bridge.training.batches import Example  # noqa: E402
from daw_bridge.training.make_model import make_model  # noqa: E402
from daw_bridge.training.materials import Material, build_network, read_material  # noqa: E402
from daw_bridge.training.networks.drum_lookback_examples import example_of_words  # noqa: E402
from daw_bridge.training.train_lstm import (  # noqa: E402
    CHECKPOINT,
    Result,
    device_of,
    learning_rate,
    train,
)

TEXT = DrumText()
LSTM = NetworkFile(kind="lstm", shape={"hidden": 16, "layers": 2, "embedding": 8})
DRUMMER = NetworkFile(kind="look-back", shape={"hidden": 16, "embedding": 4, "feel": 0})


def preset(network: NetworkFile = LSTM, **loop: object) -> TrainingFile:
    settings = {"epochs": 3, "batch": 4, "chunk": 16, "longest": 48, "dropout": 0.2, "warm_up": 5}
    return TrainingFile(
        title="A test",
        data="drum-text",
        codec=Named(name="drum-text"),
        network=network,
        loop=LoopFile(**{**settings, **loop}),
    )


def words(n: int, seed: int) -> np.ndarray:
    """Give bars of which each repeats the one before, for four bars."""
    rng = np.random.default_rng(seed)
    bars = rng.choice([0, 64, 256, 320], (n // 4, 16))
    return np.repeat(bars, 4, 0).ravel()


def material(kind: str = "lstm") -> Material:
    def example(k: int) -> Example:
        drums = words(12, k)
        if kind == "look-back":
            bars = [TEXT.decode([*bar, 512]) for bar in drums.reshape(-1, 16).tolist()]
            return example_of_words(Piece.of(str(k), bars), TEXT)
        return Example(str(k), {"token": np.concatenate([[512], drums[:-1]]), "target": drums})

    return Material(
        tuple(example(k) for k in range(12)),
        tuple(example(k) for k in range(90, 94)),
        16,
        Music((), (), ()),
    )


def weights(result: Result) -> dict[str, np.ndarray]:
    return {name: tensor.detach().numpy() for name, tensor in result.network.named_parameters()}


def test_an_epoch_may_be_a_share_of_the_pieces(tmp_path: Path) -> None:
    def updates(share: float) -> int:
        seen: list[int] = []
        music, out = material(), tmp_path / str(share)
        train(
            preset(epochs=2, batch=1, epoch_share=share),
            music,
            TEXT,
            out,
            report=lambda progress: seen.append(progress.updates),
        )
        return seen[-1]

    half, whole = updates(0.5), updates(1.0)
    assert 0.3 * whole < half < 0.7 * whole


def test_the_last_epochs_learn_what_weighs_last(tmp_path: Path) -> None:
    music = material()
    pieces = [replace(p, weights=(float(k < 9), float(k >= 9))) for k, p in enumerate(music.train)]
    seen: list[int] = []
    train(
        preset(epochs=4, last_epochs=1, batch=1, longest=192),
        replace(music, train=tuple(pieces)),
        TEXT,
        tmp_path,
        report=lambda at: seen.append(at.updates) if at.valid else None,
    )
    n_updates = np.diff([0, *seen]).tolist()
    assert n_updates[:3] == [3 * n_updates[3]] * 3  # nine pieces, then three


@pytest.mark.parametrize(("last", "n_epochs"), [(0, 3), (3, 6)])
def test_patience_counts_from_the_first_of_the_last_epochs(
    tmp_path: Path, last: int, n_epochs: int
) -> None:
    """Nothing is learnt, so no epoch is better than the first."""
    still = preset(epochs=6, last_epochs=last, patience=2, learning_rate=1e-30, average=0.0)
    assert len(train(still, material(), TEXT, tmp_path).history) == n_epochs


def test_a_seed_gives_the_same_weights(tmp_path: Path) -> None:
    one, two, other = (
        weights(train(preset(seed=seed), material(), TEXT, tmp_path / name))
        for seed, name in ((1, "a"), (1, "b"), (2, "c"))
    )
    for name in one:
        np.testing.assert_array_equal(one[name], two[name])
    assert any((one[name] != other[name]).any() for name in one)


@pytest.mark.parametrize("after", [1, 4, 7])
@pytest.mark.parametrize("network", [LSTM, DRUMMER], ids=["lstm", "look-back"])
def test_an_interruption_changes_nothing(tmp_path: Path, network: NetworkFile, after: int) -> None:
    asked = 0

    def stop() -> bool:
        nonlocal asked
        asked += 1
        return asked > 2 * after  # it is asked twice after each group

    music = material(network.kind)
    straight = train(preset(network), music, TEXT, tmp_path / "a")
    with pytest.raises(KeyboardInterrupt):
        train(preset(network), music, TEXT, tmp_path / "b", stop=stop)
    torch.manual_seed(99)
    resumed = train(preset(network), music, TEXT, tmp_path / "b")
    assert resumed.history == straight.history
    for name, array in weights(straight).items():
        np.testing.assert_array_equal(array, weights(resumed)[name])


def test_a_drummer_that_looks_back_learns_to_repeat_a_bar(tmp_path: Path) -> None:
    hard = preset(
        DRUMMER, epochs=16, chunk=48, learning_rate=0.03, average=0.9, dropout=0.0, patience=12
    )
    result = train(hard, material("look-back"), TEXT, tmp_path)
    # a quarter of the bars are new and cost log 4 a word, 0.35 of all; the others can be known
    assert result.best["valid"]["word"] < 0.6


def test_a_run_ends_when_validation_no_longer_improves(tmp_path: Path) -> None:
    rough = preset(epochs=40, patience=2, learning_rate=0.3, average=0.0, dropout=0.0)
    result = train(rough, material(), TEXT, tmp_path)
    assert len(result.history) < 40
    losses = [row["valid"]["loss"] for row in result.history]
    assert result.best["valid"]["loss"] == min(losses)
    assert losses.index(min(losses)) == len(losses) - 3


def test_a_loss_that_is_no_number_stops_with_what_to_do(tmp_path: Path) -> None:
    tame = preset(clip=1e30, warm_up=1)
    wild = tame.model_copy(update={"loop": tame.loop.model_copy(update={"learning_rate": 1e30})})
    with pytest.raises(UserError, match="a lower --learning-rate"):
        train(wild, material(), TEXT, tmp_path)


def test_weights_that_blow_up_in_the_last_update_are_neither_kept_nor_shipped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from daw_bridge.training import train_lstm

    monkeypatch.setattr(train_lstm, "learning_rate", lambda *_: float("inf"))
    with pytest.raises(UserError, match="a validation loss that is a number"):
        train(preset(batch=12, chunk=192, longest=192), material(), TEXT, tmp_path)
    assert not (tmp_path / CHECKPOINT).exists()


def test_pieces_shorter_than_they_can_be_cut_are_told(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="pieces of at least 16 steps, found longest: 5"):
        train(preset(longest=5), material(), TEXT, tmp_path)


def test_cuda_is_asked_for_the_same_sums_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CUBLAS_WORKSPACE_CONFIG", raising=False)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert device_of("auto") == torch.device("cuda")
    assert os.environ["CUBLAS_WORKSPACE_CONFIG"] == ":4096:8"
    assert device_of("cpu") == torch.device("cpu")


def test_a_checkpoint_of_another_run_is_refused_and_kept(tmp_path: Path) -> None:
    train(preset(epochs=1), material(), TEXT, tmp_path)
    before = (tmp_path / CHECKPOINT).read_bytes()
    with pytest.raises(UserError, match="a checkpoint whose vocab_size is that of this run"):
        train(preset(epochs=1), material(), DrumGrid(), tmp_path)
    with pytest.raises(UserError, match="a checkpoint whose preset is that of this run"):
        train(preset(epochs=2), material(), TEXT, tmp_path)
    assert (tmp_path / CHECKPOINT).read_bytes() == before
    train(preset(epochs=2), material(), TEXT, tmp_path, fresh=True)


@pytest.mark.parametrize(
    "raw",
    [
        b"nothing",
        save({"a": torch.zeros(1)}),
        save({"a": torch.zeros(1)}, {"progress": "{"}),
        save({"a": torch.zeros(1)}, {"progress": "[]"}),
    ],
)
def test_a_damaged_checkpoint_is_told(tmp_path: Path, raw: bytes) -> None:
    (tmp_path / CHECKPOINT).write_bytes(raw)
    with pytest.raises(UserError, match="a checkpoint of this program"):
        train(preset(), material(), TEXT, tmp_path)


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="no such device here")
def test_a_checkpoint_without_an_end_is_told(tmp_path: Path) -> None:
    (tmp_path / CHECKPOINT).symlink_to("/dev/zero")
    with pytest.raises(UserError, match=r"a checkpoint, found .*\(no regular file\)"):
        train(preset(), material(), TEXT, tmp_path)


def test_a_full_disk_leaves_the_last_checkpoint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from daw_bridge.training import checkpoint

    train(preset(epochs=1), material(), TEXT, tmp_path)
    before = (tmp_path / CHECKPOINT).read_bytes()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(checkpoint, "save_file", full)
    with pytest.raises(UserError, match="No space left on device"):
        train(preset(epochs=1), material(), TEXT, tmp_path, fresh=True)
    assert (tmp_path / CHECKPOINT).read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == [CHECKPOINT]


def test_the_learning_rate_rises_then_falls() -> None:
    loop = LoopFile(learning_rate=1.0, warm_up=10)
    assert learning_rate(0.0, 0, loop) == pytest.approx(0.1)
    assert learning_rate(0.0, 9, loop) == pytest.approx(1.0)
    assert learning_rate(0.5, 500, loop) == pytest.approx(0.51)
    assert learning_rate(1.0, 999, loop) == pytest.approx(0.02)


@pytest.mark.parametrize("name", names("presets/training"))
def test_every_preset_builds_its_network(name: str) -> None:
    file = load_training(name)
    assert file.data in DATA
    codec = CODECS[file.codec.name](**file.codec.options)
    assert build_network(file, codec).tensors()


@pytest.mark.parametrize("name", ["line", "frames", "tx1"])
def test_takes_of_drums_are_for_codecs_of_drums(name: str, tmp_path: Path) -> None:
    file = preset().model_copy(update={"data": "groove", "codec": Named(name=name)})
    with pytest.raises(UserError, match=f"a codec of drums for drum takes, found {name}"):
        read_material(file, tmp_path, CODECS[name]())


def test_a_network_that_does_not_know_the_codec_does_not_learn_it(tmp_path: Path) -> None:
    file = preset(DRUMMER).model_copy(update={"data": "music", "codec": Named(name="line")})
    with pytest.raises(UserError, match="drums that a look-back network knows, found line"):
        read_material(file, tmp_path, CODECS["line"]())


def test_a_size_that_no_network_has_is_told() -> None:
    odd = preset(NetworkFile(kind="lstm", shape={"hiden": 3}))
    with pytest.raises(UserError, match="hiden"):
        build_network(odd, TEXT)
    with pytest.raises(UserError, match="a kind of network"):
        build_network(preset(NetworkFile(kind="gru")), TEXT)


@pytest.mark.parametrize("network", [LSTM, DRUMMER], ids=["lstm", "look-back"])
def test_text_becomes_a_model_that_loads(tmp_path: Path, network: NetworkFile) -> None:
    from daw_bridge.encoding.drum_text import to_text

    text = tmp_path / "drums.txt"
    lines = [
        " ".join(to_text([*bar, 512]) for bar in words(12, k).reshape(-1, 16)) for k in range(20)
    ]
    text.write_text("\n".join(lines))
    out = tmp_path / "model"
    made = make_model(preset(network, epochs=1), text, out, "daw-bridge train x")
    assert made[0].startswith(f"wrote {out}: validation")
    policy = load(out)
    assert sorted(path.name for path in out.iterdir()) == [
        "README.md", "loss.png", "model.safetensors",
    ]  # fmt: skip
    facts = policy.card.facts
    assert facts["data"][0]["splits"]["valid"] == {"pieces": 2, "bars": 24}
    found = facts["figures"]["validation"]
    nats = found["token_nats"] if network is LSTM else found["word_nats"] * 16 / 17
    assert found["token_perplexity"] == pytest.approx(np.exp(nats), rel=1e-3)
    logits, _ = policy.step(512, policy.initial_state())
    assert np.isfinite(logits[:512]).all()


@pytest.mark.parametrize(
    ("network", "bars", "told"),
    [
        (DRUMMER, (16, 16, 12), "bars of 16 words, found 1 of 3 with others, such as 12"),
        (LSTM, (32, 32, 32), "found 3 of 3 with others, such as 32"),
        (LSTM, (16, 0, 16), r"'hello' as word 1 of .*drums.txt:2"),
    ],
)
def test_text_that_does_not_fit_is_told(
    tmp_path: Path, network: NetworkFile, bars: tuple[int, ...], told: str
) -> None:
    text = tmp_path / "drums.txt"
    text.write_text("\n".join("0b100000000 " * n + "BAR" if n else "hello" for n in bars))
    with pytest.raises(UserError, match=told):
        make_model(preset(network), text, tmp_path / "model", "c")
    assert not (tmp_path / "model").exists()


def test_a_line_of_text_that_is_there_twice_is_learnt_or_judged_not_both(tmp_path: Path) -> None:
    from daw_bridge.encoding.drum_text import to_text

    text = tmp_path / "drums.txt"
    lines = [
        " ".join(to_text([*bar, 512]) for bar in words(12, k).reshape(-1, 16)) for k in range(6)
    ]
    text.write_text("\n".join([*lines, "", lines[0]]))
    made = make_model(preset(epochs=1), text, tmp_path / "model", "c")
    (source,) = load(tmp_path / "model").card.facts["data"]
    assert source["duplicates_dropped"] == 1
    assert {name: part["pieces"] for name, part in source["splits"].items()} == {
        "train": 5,
        "valid": 1,
    }
    assert "left out 1 duplicate(s)" in made[-1]


def test_notes_by_hand_stay_in_a_card_that_is_written_again(tmp_path: Path) -> None:
    front = {"name": "x", "title": "X", "command": "c", "data": [{"name": "d", "licence": "l"}]}
    publish.write_card(tmp_path, front)
    with (tmp_path / "README.md").open("a") as card:
        card.write("\n## Notes\n\nKeep me.\n")
    publish.write_card(tmp_path, {**front, "title": "Y"})
    text = (tmp_path / "README.md").read_text()
    assert text.count("Keep me.") == 1
    assert "Y." in text


def test_a_folder_without_music_is_told(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"expected music .*, found none in"):
        make_model(preset().model_copy(update={"data": "groove"}), tmp_path, tmp_path / "m", "c")


def test_facts_of_a_run_are_plain_data() -> None:
    json.dumps(preset().model_dump())
