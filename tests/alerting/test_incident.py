from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from driftline.alerting.alert import Patience
from driftline.alerting.incident import Board, News, Notice, take_in
from driftline.alerting.signals import Tier
from driftline.verdicts.report import Concern, Verdict

if TYPE_CHECKING:
    from conftest import Scene

    from driftline.verdicts.report import ColumnReport, WindowReport


def amount(scene: Scene) -> ColumnReport:
    """A column that is broken."""
    return scene.column("amount", concern=Concern.FAULT, weight=9.0)


def score(scene: Scene) -> ColumnReport:
    """A score that moved."""
    return scene.column("score", concern=Concern.PREDICTION)


def calm(scene: Scene) -> tuple[ColumnReport, ColumnReport]:
    """Both of them as they were."""
    return scene.column("amount", Verdict.STABLE), scene.column("score", Verdict.STABLE)


def told(scene: Scene, *windows: WindowReport, patience: Patience | None = None) -> tuple[Board, list[Notice]]:
    """Everything that is told over some windows."""
    board, notices = Board(), list[Notice]()
    for number, one in enumerate(windows):
        board, new = take_in(board, [one], scene.start + (number + 1) * scene.day, patience or Patience())
        notices += new
    return board, notices


def test_forty_columns_are_one_message(scene: Scene) -> None:
    """What breaks together is one incident, told once, however long it lasts."""
    broken = [scene.column(f"c{i}", concern=Concern.FAULT) for i in range(40)]
    board, notices = told(scene, *(scene.window(day, *broken) for day in range(5)))
    assert [notice.news for notice in notices] == [News.OPENED]
    assert len(board.incidents[0].members) == 40


def test_a_fault_explains_what_follows_from_it(scene: Scene) -> None:
    """The score that moves because its input is broken, and the model that does worse, belong to the fault's incident."""
    board, notices = told(
        scene,
        scene.window(0, amount(scene)),
        scene.window(1, amount(scene), score(scene)),
        scene.window(2, amount(scene), score(scene), metrics=(scene.metric(),)),
    )
    assert len(board.incidents) == 1
    assert [notice.news for notice in notices] == [News.OPENED]
    assert board.incidents[0].ranked[0].name == "amount"


def test_a_fault_that_begins_later_is_told_by_itself(scene: Scene) -> None:
    """What breaks with the others within two windows is one story; what breaks a week later is another, and has an end of its own."""
    late, later = (scene.column(name, concern=Concern.FAULT) for name in ("late", "later"))
    board, notices = told(
        scene,
        scene.window(0, amount(scene)),
        scene.window(2, amount(scene), late),
        scene.window(7, amount(scene), late, later),
        scene.window(8, amount(scene), late, scene.column("later", Verdict.STABLE)),
        scene.window(9, amount(scene), late, scene.column("later", Verdict.STABLE)),
    )
    assert [(notice.incident.number, notice.news) for notice in notices] == [(1, News.OPENED), (2, News.OPENED), (2, News.RESOLVED)]
    assert [{signal.name for signal in one.members.values()} for one in board.incidents] == [{"amount", "late"}, {"later"}]


def test_a_loss_that_no_fault_explains_is_news_of_its_own(scene: Scene) -> None:
    """Drift that was held harmless does not swallow a model that does worse."""
    board, notices = told(scene, scene.window(0, score(scene)), scene.window(1, score(scene), metrics=(scene.metric(),)))
    assert [notice.incident.number for notice in notices] == [1, 2]
    assert notices[1].incident.tier is Tier.RETRAIN
    assert len(board.open) == 2


def test_what_gets_worse_is_told_again_once(scene: Scene) -> None:
    """A higher tier is news; staying there is not."""
    dead = scene.column("feed", concern=Concern.FAULT, worst="silence")
    _, notices = told(scene, scene.window(0, amount(scene)), scene.window(1, amount(scene), dead), scene.window(2, amount(scene), dead))
    assert [notice.news for notice in notices] == [News.OPENED, News.WORSE]


def test_it_is_over_when_all_of_it_is(scene: Scene) -> None:
    """The end is told once, after enough calm windows of every member, and what comes later is another incident."""
    board, notices = told(
        scene,
        scene.window(0, amount(scene), score(scene)),
        scene.window(1, *calm(scene)),
        scene.window(2, *calm(scene)),
        scene.window(3, *calm(scene)),
        scene.window(4, amount(scene)),
    )
    assert [notice.news for notice in notices] == [News.OPENED, News.RESOLVED, News.OPENED]
    assert [one.closed is None for one in board.incidents] == [False, True]
    assert notices[0].key == notices[1].key != notices[2].key


def test_input_drift_alone_is_told_to_nobody(scene: Scene) -> None:
    """It is kept for the digest: an incident without a message, at its start and at its end."""
    board, notices = told(
        scene,
        scene.window(0, scene.column("x")),
        scene.window(1, scene.column("x", Verdict.STABLE)),
        scene.window(2, scene.column("x", Verdict.STABLE)),
    )
    assert notices == []
    assert board.incidents[0].closed is not None


def test_what_does_not_last_is_told_to_nobody(scene: Scene) -> None:
    """With patience, a single window is not enough."""
    _, notices = told(
        scene,
        scene.window(0, amount(scene)),
        scene.window(1, *calm(scene)),
        scene.window(2, *calm(scene)),
        patience=Patience(fires_after=2),
    )
    assert notices == []


def test_the_end_is_told_in_the_words_of_the_beginning(scene: Scene) -> None:
    """A fault that fades into plain drift before it is over was a fault."""
    _, notices = told(
        scene,
        scene.window(0, amount(scene)),
        scene.window(1, scene.column("amount", concern=Concern.INPUT)),
        scene.window(2, *calm(scene)),
        scene.window(3, *calm(scene)),
    )
    assert [(notice.news, notice.incident.ranked[0].concern) for notice in notices] == [
        (News.OPENED, Concern.FAULT),
        (News.RESOLVED, Concern.FAULT),
    ]


def test_a_window_that_is_judged_again_is_told_once(scene: Scene) -> None:
    """Taking it in again changes nothing, unless it says otherwise; then what began in it is taken back."""
    now, patience = scene.start + scene.day, Patience()
    board, _ = take_in(Board(), [scene.window(0, amount(scene))], now, patience)
    again, notices = take_in(board, [scene.window(0, amount(scene))], now, patience)
    assert (again, notices) == (board, ())
    taken_back, notices = take_in(board, [scene.window(0, *calm(scene))], now, patience)
    assert [notice.news for notice in notices] == [News.REVISED]
    assert taken_back.open == ()


def test_labels_that_come_late_are_heard_in_the_order_of_windows(scene: Scene) -> None:
    """A metric that could not be told fires when it can be, whatever newer windows said of the columns."""
    unknown, worse = (scene.metric(verdict) for verdict in (Verdict.INCONCLUSIVE, Verdict.DRIFTED))
    board, notices = told(scene, *(scene.window(day, *calm(scene), metrics=(unknown,)) for day in range(3)))
    assert notices == []
    _, late = take_in(board, [scene.window(0, *calm(scene), metrics=(worse,))], scene.start + scene.day, Patience())
    assert [notice.incident.ranked[0].concern for notice in late] == [Concern.PERFORMANCE]


def test_numbers_go_on_where_old_incidents_are_not_at_hand(scene: Scene) -> None:
    """A service remembers the open ones and the last."""
    board, _ = told(scene, scene.window(0, amount(scene)), scene.window(1, *calm(scene)), scene.window(2, *calm(scene)))
    last = replace(board, incidents=(replace(board.incidents[0], number=41),))
    _, notices = take_in(last, [scene.window(3, amount(scene))], scene.start + 4 * scene.day, Patience())
    assert [notice.incident.number for notice in notices] == [42]
