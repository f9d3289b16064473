"""The monitoring plan and the retraining policy of a model, from what its file says and what was measured."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from driftline.alerting.announcement import TIERS, announce
from driftline.alerting.message import URGENCY
from driftline.alerting.replay import replay
from driftline.config.document import Floors
from driftline.config.places import FilesPlace
from driftline.config.scheduling import Cron, Every
from driftline.decisions.choosing import SAYS
from driftline.decisions.decision import Action, Consent
from driftline.decisions.health import FORMULA
from driftline.decisions.rules import REST, policy_of
from driftline.decisions.terms import Schedule
from driftline.reports.papers import Drawing, Paper, Section
from driftline.reports.wording import instant, number, plural
from driftline.rollout.plan import Mode
from driftline.verdicts.policy import DEFAULT_FLOORS
from driftline.verdicts.report import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import timedelta

    from driftline.alerting.announcement import Announcement
    from driftline.config.places import Place
    from driftline.config.specification import Outlets, Specification
    from driftline.decisions.course import Decided
    from driftline.decisions.health import Health
    from driftline.decisions.terms import Terms
    from driftline.monitor import Monitor
    from driftline.rollout.gate import Gate
    from driftline.rollout.plan import Plan
    from driftline.verdicts.report import Report, WindowReport

MOST = 90
"""So many windows are drawn below an example, the newest."""


def plan(specification: Specification, report: Report, decided: Decided, health: Health) -> Paper:
    """The monitoring plan: what is watched, by what, how much matters and why, when, from where, what is told, and how it stands."""
    monitor = specification.monitor
    windows = [window for window in report.windows if window.segment is None]
    sure = f"a verdict needs an interval of {monitor.policy.confidence:.0%} on one side of what matters"
    return Paper(
        f"Monitoring plan: {monitor.name}",
        (
            Section("What is watched", (_cut(monitor, report),), _columns(monitor, windows)),
            Section("Where it comes from, and when it is looked at", tuple(_pipeline(specification))),
            Section("Performance", tuple(_performance(windows)), _metrics(windows)),
            Section("Tests, and how much matters", tuple(_why(monitor)), _tests(monitor)),
            Section("What is promised", (report.promise, sure)),
            Section("Who is told", tuple(_routes(specification)), _urgencies()),
            *_examples(specification, report),
            Section("How it stands", (*_stands(report, decided), *_score(health))),
            Section("What happens then", tuple(_terms(monitor.terms))),
        ),
    )


def _cut(monitor: Monitor, report: Report) -> str:
    said = monitor.windowing
    one = {"rows": f"{said.rows} rows", "column": f"value of {said.column}"}.get(said.cadence.value, said.cadence.value)
    return f"a model ({monitor.task.value}), in windows of one {one}, against a reference of {plural(report.reference.rows, 'row')}"


def _columns(monitor: Monitor, windows: Sequence[WindowReport]) -> tuple[tuple[str, ...], ...]:
    """Every column with what matters in it, and how often it drifted."""
    drifted = Counter(column.name for window in windows for column in window.columns if column.verdict is Verdict.DRIFTED)
    rows = (
        (column.name, column.kind.value, column.role.value, number(monitor.policy.floor(column.name, "shift")), str(drifted[column.name]))
        for column in (windows[-1].columns if windows else ())
    )
    return (("column", "kind", "role", "smallest shift that matters", "windows in which it drifted"), *rows)


def _pipeline(specification: Specification) -> Iterator[str]:
    places = specification.places
    yield f"what is normal: {_said(places.reference)}"
    yield f"what the model sees: {_said(places.current) if places.current else 'given with each check, or sent to the service'}"
    if places.labels is not None:
        yield f"labels: {_said(places.labels.place)}, joined to predictions by {places.labels.id}"
    for kpi in places.kpis:
        yield f"business figure {kpi.name}: {_said(kpi.place)}"
    yield "rows are counted into profiles window by window; windows are compared, judged, explained and decided about from counts"
    yield f"windows follow the clock of {specification.monitor.windowing.timezone}"
    asked = "whenever driftline check is called, and by driftline serve as windows close"
    match specification.schedule:
        case Every(span=span):
            asked = f"every {_days(span)}"
        case Cron() as cron:
            asked = f"by cron {cron.expression} ({cron.timezone})"
    yield f"looked at: {asked}"


def _said(place: Place) -> str:
    return place.said if isinstance(place, FilesPlace) else f"a query to {place.said}"


def _performance(windows: Sequence[WindowReport]) -> Iterator[str]:
    newest = windows[-1] if windows else None
    if not any(metric.decides for metric in (newest.performance if newest else ())):
        yield "performance is not watched: it is not known what came true, or what the model said"
    yield newest.labels.reason if newest and newest.labels else "labels are not watched"


def _metrics(windows: Sequence[WindowReport]) -> tuple[tuple[str, ...], ...]:
    """Every metric with what it was and how much worse would matter; the one that decides first."""
    found = sorted(windows[-1].performance if windows else (), key=lambda one: not one.decides)
    if not found:
        return ()
    rows = ((one.title, "decides" if one.decides else "shown", number(one.reference), number(one.floor)) for one in found)
    return (("metric", "what it is for", "in the reference", "a worsening that matters"), *rows)


def _why(monitor: Monitor) -> Iterator[str]:
    own = {name for name, value in DEFAULT_FLOORS.items() if monitor.policy.floor("", name) != value}
    said = f"is said in the file for {', '.join(sorted(own))}, and convention for the others" if own else "is convention"
    yield f"how much matters {said}; where predictions are there, columns on which they lean less may move more"
    for name, floors in monitor.policy.column_floors.items():
        yield f"{name} by itself: {', '.join(f'{statistic} {value:g}' for statistic, value in floors.items())}"


def _tests(monitor: Monitor) -> tuple[tuple[str, ...], ...]:
    """Every statistic that is judged, what it sees, and the smallest effect that matters."""
    meaning = {name: str(one.description) for name, one in Floors.model_fields.items()}
    rows = ((name, meaning.get(name, ""), number(monitor.policy.floor("", name))) for name in DEFAULT_FLOORS)
    return (("statistic", "what it tells", "from here on it matters"), *rows)


def _routes(specification: Specification) -> Iterator[str]:
    outlets: Outlets = specification.outlets
    patience = specification.alerts.patience
    yield f"something fires after {plural(patience.fires_after, 'window')}, and is over after {patience.resolves_after} without it"
    if not outlets.channels:
        yield "no channel is named in the file: messages are printed, and shown in the control room"
    for name, settings in outlets.channels.items():
        yield f"channel {name}: {settings.kind}"


def _urgencies() -> tuple[tuple[str, ...], ...]:
    rows = ((name, URGENCY[tier], WHEN[name]) for tier, name in zip(URGENCY, TIERS, strict=True))
    return (("tier", "which means", "when"), *rows)


WHEN = {
    "digest": "inputs move; predictions or labels move, and the model is shown to do as well as before",
    "look": "predictions or labels move",
    "retrain": "the model does worse by what matters, or data did not arrive as before",
    "page": "the model does worse by three times what matters, the service fails, or a feed is dead",
}
"""What brings each tier, where no rule of one's own says otherwise."""


def _examples(specification: Specification, report: Report) -> Iterator[Section]:
    """One message of each kind that the current data would have brought, with its figure."""
    _, notices = replay(report, specification.alerts)
    windows = [window for window in report.windows if window.segment is None]
    told: dict[tuple[str, str], Announcement] = {}
    for notice in notices:
        place = next((k for k, window in enumerate(windows) if window.window.label == notice.window), len(windows) - 1)
        said = announce(report.monitor, notice, windows[: place + 1])
        told.setdefault((said.news, said.tier), said)
    if not told:
        yield Section("Messages, as these data would have brought them", ("none: nothing fired",))
        return
    for (news, tier), one in told.items():
        points = tuple((point.value, point.drifted) for point in one.figure[-MOST:])
        drawings = (Drawing(one.about, points),) if points else ()
        yield Section(f"A message: {news}, {tier}", (one.subject, one.body), drawings=drawings)


def _stands(report: Report, decided: Decided) -> Iterator[str]:
    yield f"{report.verdict.value}: {report.reason}"
    yield f"decision: {decided.decision.action.value}: {decided.decision.reason}"


def _score(health: Health) -> Iterator[str]:
    names = ("performance", "fairness", "data", "knowledge")
    parts = ", ".join(f"{name} {getattr(health, name):.2f}" for name in names)
    yield f"health {health.score:.0f} of 100: {parts}"
    yield FORMULA


def policy(specification: Specification) -> Paper:
    """The retraining policy: conditions, rules, sampling, what a new model must prove, how it is released, and who has to agree."""
    terms, releasing = specification.monitor.terms, specification.releasing
    recipe = releasing.recipe
    trained = "it is not said how a model is trained" if recipe is None else f"trained by {' '.join(recipe.command) or recipe.call}"
    says = {Consent.AUTOMATIC: "goes ahead by itself", Consent.ASK: "a person agrees"}
    agree = tuple((action.value, says[terms.consents.get(action, Consent.ASK)]) for action in Action if action is not Action.HOLD)
    return Paper(
        f"Retraining policy: {specification.monitor.name}",
        (
            Section("When", tuple(_terms(terms))),
            Section("Rules, in order; the first that applies decides", tuple(rule.says for rule in (*policy_of(terms), REST))),
            Section(
                "On which rows",
                (
                    "labelled rows whose labels are known, without windows that are spoilt and without the newest, which are held out",
                    f"held out for the gate: the newest {_days(releasing.holdout)} of labels",
                    f"for a loss {SAYS[terms.sampling].format(since='the loss')}",
                    f"by the calendar {SAYS[terms.scheduled]}",
                ),
            ),
            Section("How, and what a new model must prove", (trained, *_proves(releasing.gate))),
            Section("How it is released", tuple(_released(releasing.plan)), _ramp(releasing.plan)),
            Section("Who agrees", tuple(_asked(specification)), (("decision", "who"), *agree)),
        ),
    )


def _asked(specification: Specification) -> Iterator[str]:
    names = ", ".join(specification.outlets.channels)
    yield f"asked through {names}" if names else "asked in the control room and by driftline decide: no channel is named in the file"


def _proves(gate: Gate) -> Iterator[str]:
    yield f"a new model must be no worse than the one in service by more than {gate.primary.margin:g} in {gate.primary.metric}"
    for guard in gate.guards:
        yield f"nor by more than {guard.margin:g} in {guard.metric}"
    if gate.segment_margin is not None:
        yield f"nor by more than {gate.segment_margin:g} in any segment"
    if gate.churn is not None:
        yield f"at most {gate.churn:.0%} of its decisions may turn"
    yield f"one that breaks a rule passes with a chance of {gate.level:.0%} at most; on fewer than {gate.fewest} rows nothing is concluded"


def _released(ramp: Plan) -> Iterator[str]:
    for aim in ramp.aims:
        yield f"taken back where it is shown to be worse in {aim.metric}, {number(aim.margin)} of which would matter"
    limits = ramp.limits
    yield f"taken back at once beyond {limits.errors:.1%} errors, {limits.nulls:.1%} empty or {limits.slow:.0%} slow answers"
    yield f"a step that settles nothing is made longer {ramp.extensions} times, then a person is asked; it is never promoted for that"
    yield f"after its promotion it is watched for {_days(ramp.watch)}"


def _ramp(ramp: Plan) -> tuple[tuple[str, ...], ...]:
    rows = (
        (one.name, "beside" if one.mode is Mode.SHADOW else f"{one.weight:.0%}", _days(one.duration), f"{one.samples:,}")
        for one in ramp.steps
    )
    return (("step", "share of the answers", "for", "requests at least"), *rows)


def _terms(terms: Terms) -> Iterator[str]:
    yield "the model is retrained where labels show it to do worse" if terms.on_drift else "the model is not retrained for doing worse"
    if terms.schedule is not Schedule.NEVER:
        yield f"it is retrained {terms.schedule.value}, too"
    yield f"not before {terms.enough} labels of the rarer class have come since a loss"
    yield f"if that takes longer than {_days(terms.patience)}, {terms.fallback} answers until then"
    yield f"not within {_days(terms.cool_down)} of the last retraining; beyond {terms.budget} in {_days(terms.period)} a person agrees"
    if terms.quiet is not None:
        yield f"nothing is begun from {terms.quiet.start:%H:%M} to {terms.quiet.end:%H:%M} ({terms.timezone})"
    for blackout in terms.blackouts:
        yield f"nothing is begun from {instant(blackout.start)} to {instant(blackout.end)}"
    cost = "nobody said what a retraining costs" if terms.cost is None else f"a retraining costs {number(terms.cost)}"
    yield f"{cost}; gains are counted over {_days(terms.horizon)}"


def _days(length: timedelta) -> str:
    hours = length.total_seconds() / 3600
    count, unit = (hours, "hour") if hours < 24 else (hours / 24, "day")  # noqa: PLR2004  a day
    return f"{count:g} {unit}" if count == 1 else f"{count:g} {unit}s"
