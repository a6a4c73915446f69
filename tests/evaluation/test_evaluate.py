"""A whole evaluation: the same figures each time, with baselines, from the command line too."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import pytest

from daw_bridge.cli.main import run
from daw_bridge.config.training import load_training
from daw_bridge.corpora.dataset import read
from daw_bridge.corpora.material import Reading
from daw_bridge.errors import UserError
from daw_bridge.evaluation.card import write as write_figures
from daw_bridge.evaluation.evaluate import Report, Row, Settings, evaluate
from daw_bridge.evaluation.likelihood import of_model
from daw_bridge.midi import files
from daw_bridge.midi.messages import note_off, note_on
from daw_bridge.music.time import Meter, Ticks
from daw_bridge.policies.load import load
from tests.tiny_model import write_tiny_model

SETTINGS = Settings(n_excerpts=4, n_bars=4, seed=1, workers=1)
NAMES = {
    "training music",
    "tiny",
    "held-out music",
    "n-gram that copies",
    "copy of the last bar",
    "random",
}


def test_a_report_has_every_row_and_comes_out_the_same(tiny_model: Path, tunes: Path) -> None:
    report = evaluate(tiny_model, [tunes], SETTINGS, training=[tunes])
    assert {row.name for row in report.rows} == NAMES
    again = evaluate(tiny_model, [tunes], SETTINGS, training=[tunes])
    assert report.plain() == again.plain()
    rows = {row.name: row for row in report.rows}
    assert rows["held-out music"].figures["copied_bars"] == 1
    assert rows["random"].figures["copied_bars"] == 0
    # After each note may come any of 128, its end, or that it goes on.
    assert math.log(128) < rows["random"].figures["nats_per_token"] <= math.log(130)
    for name in ("n-gram that copies", "copy of the last bar"):
        assert rows[name].figures["nats_per_token"] < 2
    # Untrained, the model knows its grammar, and that bars may be copied.
    assert 0.5 < rows["tiny"].figures["nats_per_token"] < math.log(150)
    for name in ("nats_per_token", "nats_per_16th"):
        assert rows["tiny"].figures[name] != rows["tiny"].figures[f"{name}_told"]
    assert rows["copy of the last bar"].features["groove_consistency"] == 1


def test_without_training_music_there_are_no_ngrams(tiny_model: Path, tunes: Path) -> None:
    report = evaluate(tiny_model, [tunes], SETTINGS)
    assert {row.name for row in report.rows} == NAMES - {"n-gram that copies", "training music"}
    assert all("copied_bars" not in row.figures for row in report.rows)
    assert report.about["split"] == "all"


def test_what_is_left_out_is_told(tiny_model: Path, tunes: Path) -> None:
    (tunes / "empty.mid").write_bytes(b"")
    told: list[str] = []
    long = replace(SETTINGS, n_bars=1000)
    evaluate(tiny_model, [tunes], long, tell=told.append)
    for words in ("skipped 1 file(s): empty.mid: an empty file", "--train", "no samples"):
        assert any(words in line for line in told)
    told.clear()
    evaluate(tiny_model, [tunes], SETTINGS, preset=load_training("lead"), tell=told.append)
    assert "skipped 1 file(s): empty.mid: an empty file" in told


def test_music_may_be_split_as_a_preset_does(tiny_model: Path, tunes: Path) -> None:
    report = evaluate(tiny_model, [tunes], SETTINGS, preset=load_training("lead"))
    assert (report.about["pieces"], report.about["training_pieces"]) == (1, 5)
    with pytest.raises(UserError, match="for the codec line"):
        evaluate(tiny_model, [tunes], SETTINGS, preset=load_training("chip"))


def test_drums_are_measured_by_their_words_whatever_the_network(tmp_path: Path) -> None:
    hits = [(Ticks(240 * i), note_on(9, (36, 42, 38, 42)[i % 4], 90)) for i in range(64)]
    ends = [(Ticks(tick + 60), note_off(9, data[1])) for tick, data in hits]
    beat = tmp_path / "beats" / "beat.mid"
    files.write(beat, [*hits, *ends], tempo_qpm=100, meter=Meter(), name="beat")
    model = write_tiny_model(tmp_path / "drummer")
    report = evaluate(model, [beat.parent], SETTINGS)
    row = next(row for row in report.rows if row.name == "drummer")
    assert report.about["unit"] == "nats_per_16th"
    assert row.figures["nats_per_16th"] > 0
    tally = of_model(model, read([beat], Reading("drums")).pieces, workers=1)
    told = {"token_told": 8 * 16, "bar_told": 8, "16th_told": 8 * 16}
    assert tally.counts == {"token": 8 * 16, "bar": 8, "16th": 8 * 16, **told}


def test_the_command_prints_json_and_draws(
    tiny_model: Path, tunes: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    picture = tmp_path / "features.png"
    line = ["evaluate", str(tiny_model), str(tunes), "--excerpts", "3", "--bars", "2", "--json"]
    assert run([*line, "--plot", str(picture), "--workers", "1"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["unit"] == "nats_per_16th"
    assert report["rows"]["tiny"]["nats_per_token"] > 0
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert run([*line[:-1], "--workers", "1"]) == 0
    assert "nats per token" in capsys.readouterr().out


def test_the_lines_around_the_front_matter_may_end_in_blanks(tiny_model: Path) -> None:
    card = tiny_model / "README.md"
    _, matter, prose = card.read_text().split("---\n", 2)
    kept = "".join(f"{line}\n" for line in matter.splitlines() if not line.startswith("title"))
    card.write_text(f"--- \n{kept}title: ends in ---\n---\t\n{prose}")
    about = dict.fromkeys(("pieces", "bars", "split", "excerpts", "bars_each"), 1)
    about |= {"temperature": 1.0, "top_p": 1.0, "jam": ""}
    write_figures(tiny_model, Report("tiny", about, (Row("tiny", {"nats": 1.0}),), {}), "command")
    facts = load(tiny_model).card.facts
    assert facts["title"] == "ends in ---"
    assert facts["evaluation"]["rows"] == {"tiny": {"nats": 1.0}}


def test_figures_go_into_the_card_and_replace_older_ones(tiny_model: Path, tunes: Path) -> None:
    card = tiny_model / "README.md"
    card.write_text(card.read_text() + "\n## Notes\n\nkept\n")
    line = ["evaluate", str(tiny_model), str(tunes), "--card", "--excerpts", "2", "--workers", "1"]
    for bars in ("2", "3"):
        assert run([*line, "--bars", bars]) == 0
    text = card.read_text()
    assert text.count("## Evaluation") == 1
    assert "excerpts of 3 bars" in text
    assert text.endswith("\n## Notes\n\nkept\n")
    assert load(tiny_model).card.facts["evaluation"]["bars_each"] == 3


def test_music_of_another_kind_is_the_users_error(tiny_model: Path, tmp_path: Path) -> None:
    (tmp_path / "a.mid").write_bytes(b"")
    with pytest.raises(UserError, match=r"expected pieces with notes for line.*an empty file"):
        evaluate(tiny_model, [tmp_path / "a.mid"], SETTINGS)
