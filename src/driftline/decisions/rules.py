"""The policy: small named rules, asked in order; the first that applies decides. From stored evidence they decide the same again."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from driftline.decisions.choosing import rows_for
from driftline.decisions.decision import Action, Consent, Decision, How, Moment, When
from driftline.decisions.own import arranged
from driftline.decisions.rule import Rule
from driftline.decisions.terms import PERIODS, Schedule
from driftline.decisions.timing import budget_used, labels_wanted, under_way, when_to_train
from driftline.decisions.wording import NAMED, dated, listed, sure

if TYPE_CHECKING:
    from collections.abc import Iterator

    from driftline.decisions.evidence import Evidence
    from driftline.decisions.terms import Terms

RESTORES = 0.5
"""A cheap remedy is enough where it surely brings back this share of a loss."""

QUIET, BLIND = 0.95, 0.6
"""How sure it is that nothing has to be done: where labels show the model as good as before, and where only inputs were seen."""


def decide(evidence: Evidence, terms: Terms, policy: tuple[Rule, ...] | None = None) -> Decision:
    """Ask the rules in order and take the first answer; hold where none applies.

    The result depends on the arguments and on nothing else, so that a stored decision can be made again.

    Args:
        evidence: what is known.
        terms: what the owner allows.
        policy: other rules than the usual ones with the owner's among them.
    """
    asked = ((rule, rule.asks(evidence, terms)) for rule in (policy_of(terms) if policy is None else policy))
    rule, found = next(((rule, found) for rule, found in asked if found is not None), (REST, _nothing(evidence, terms)))
    return _allowed(replace(found, rule=rule.name, instead=tuple(_instead(found, evidence))), evidence, terms)


def _instead(found: Decision, evidence: Evidence) -> Iterator[str]:
    """Cheap remedies that were tried, beside the one that was chosen."""
    for one in evidence.cheap:
        if one.sentence == found.reason:
            continue
        if one.gain.low > 0:
            yield f"{one.kind}: {one.sentence}, {min(one.restores, 1.0):.0%} of the loss"
        else:
            yield f"{one.kind} does not surely help: {one.sentence}"


def policy_of(terms: Terms) -> tuple[Rule, ...]:
    """The rules in order: the usual ones, with those that the owner wrote among them."""
    return arranged(POLICY, terms.own) if terms.own else POLICY


def _allowed(found: Decision, evidence: Evidence, terms: Terms) -> Decision:
    """The decision with who may say yes."""
    consent = terms.consents.get(found.action, Consent.ASK)
    if evidence.unequal and evidence.unequal not in found.because:
        found = replace(found, against=(*found.against, f"{evidence.unequal}: look into that, too"))
    if found.action is Action.RETRAIN and (used := budget_used(evidence.past, evidence.now, terms)) >= terms.budget:
        said = f"{used} retrainings in {terms.period.days} days are the budget, so a person has to agree"
        return replace(found, consent=Consent.ASK, against=(*found.against, said))
    return replace(found, consent=consent)


def _spoilt(evidence: Evidence, terms: Terms) -> Decision | None:
    del terms
    lasting = [one for one in evidence.spoilt if one.lasts]
    if not lasting:
        return None
    worst, columns = lasting[0], tuple(dict.fromkeys(name for one in lasting for name in one.columns))
    because = tuple(one.sentence for one in lasting[:NAMED])
    against = [f"{evidence.loss.sentence}: whether the fault makes it, labels of clean windows will tell"] if evidence.loss else []
    against += [f"{listed(evidence.predictions)} moved with it"] if evidence.predictions else []
    how = How(
        since=worst.since,
        keep_out=evidence.polluted,
        columns=columns,
        sentence=f"{worst.remedy}; train on none of the windows {listed(evidence.polluted)}",
    )
    return Decision(
        action=Action.FIX_DATA,
        rule="",
        reason=f"{listed(columns)} did not arrive as before: {worst.kind}, since {worst.since}",
        because=because,
        against=tuple(against),
        how=how,
        confidence=worst.confidence,
        since=worst.since,
    )


def _broken(evidence: Evidence, terms: Terms) -> Decision | None:
    del terms
    if not evidence.broken:
        return None
    how = How(sentence="see whether the service and its feed run as they should")
    return Decision(action=Action.LOOK, rule="", reason=evidence.broken, because=(evidence.broken,), how=how, confidence=QUIET)


def _worse_since_release(evidence: Evidence, terms: Terms) -> Decision | None:
    del terms
    loss, past, began = evidence.loss, evidence.past, evidence.known.began
    if loss is None or loss.spoilt or not past.previous or past.deployed is None or began is None:
        return None
    last = past.retrains[-1] if past.retrains else past.trained
    if began < past.deployed or (last is not None and last > past.deployed):
        return None
    # What begins with a release is the release's doing until somebody shows otherwise.
    if (began - past.deployed).days > RELEASE_DAYS:
        return None
    how = How(since=loss.since, keep_out=evidence.polluted, sentence="put the previous model back, and compare both on the same rows")
    return Decision(
        action=Action.ROLL_BACK,
        rule="",
        reason=f"the model has done worse ever since it went into service {dated(past.deployed)}: {loss.sentence}",
        because=(loss.sentence, f"it went into service {dated(past.deployed)}, and the loss began {dated(began)}"),
        against=_doubts(evidence),
        how=how,
        gain=evidence.worth,
        confidence=sure(loss),
        since=loss.since,
    )


RELEASE_DAYS = 3
"""A loss that begins so soon after a release is blamed on it."""


def _of_the_fault(evidence: Evidence, terms: Terms) -> Decision | None:
    del terms
    loss = evidence.loss
    if loss is None or not loss.spoilt:
        return None
    fault = evidence.spoilt[0] if evidence.spoilt else None
    blamed = f": {fault.sentence}" if fault else ""
    return Decision(
        action=Action.HOLD,
        rule="",
        reason=f"the model does worse only in windows whose data is spoilt{blamed}",
        because=(loss.sentence, "windows whose data arrived as before do not show it"),
        how=How(since=loss.since, keep_out=evidence.polluted, sentence=f"keep {listed(evidence.polluted)} out of training"),
        confidence=QUIET,
        since=loss.since,
    )


def _answered(evidence: Evidence, terms: Terms) -> Decision | None:
    loss, last = evidence.loss, evidence.past.retrains[-1] if evidence.past.retrains else None
    if loss is None or last is None:
        return None
    said = under_way(evidence.past, evidence.known.first or evidence.known.began, evidence.now, terms)
    if said is None:
        return None
    reason, waits = said
    return Decision(
        action=Action.HOLD if waits is not None else Action.LOOK,
        rule="",
        reason=reason,
        because=(f"a retraining was begun {dated(last)}",),
        against=(loss.sentence,),
        when=When(Moment.TIME, waits, sentence=f"again {dated(waits)}") if waits is not None else When(),
        how=How(since=loss.since, keep_out=evidence.polluted, sentence="see whether the new model is in service, and what it does better"),
        confidence=QUIET,
        since=loss.since,
    )


def _cheap(evidence: Evidence, terms: Terms) -> Decision | None:
    del terms
    fit = [one for one in evidence.cheap if one.gain.low > 0 and one.restores >= RESTORES]
    if not fit:
        return None
    best = max(fit, key=lambda one: one.restores)
    loss = evidence.loss
    return Decision(
        action=Action.RECALIBRATE,
        rule="",
        reason=best.sentence,
        because=(*([loss.sentence] if loss else []), best.sentence),
        against=_doubts(evidence),
        how=How(since=loss.since if loss else None, keep_out=evidence.polluted, sentence=f"{best.kind}; the model itself stays"),
        gain=best.gain,
        confidence=sure(loss) if loss else QUIET,
        since=loss.since if loss else None,
    )


def _estimated(evidence: Evidence, terms: Terms) -> Decision | None:
    del terms
    loss = evidence.loss
    if loss is None or not loss.estimated:
        return None
    return Decision(
        action=Action.LOOK,
        rule="",
        reason=f"the model is estimated to do worse, and no label has shown it: {loss.sentence}",
        because=(loss.sentence,),
        against=("an estimate holds only while what inputs say of the label is as it was",),
        how=How(since=loss.since, keep_out=evidence.polluted, sentence=f"have some rows since {loss.since} labelled, best at random"),
        gain=evidence.worth,
        confidence=sure(loss),
        since=loss.since,
    )


def _out_of_reach(evidence: Evidence, terms: Terms) -> Decision | None:
    loss = evidence.loss
    if loss is None or not terms.on_drift:
        return None
    wanted = labels_wanted(evidence, terms)
    if wanted is None or (wanted.at is not None and wanted.at - evidence.now <= terms.patience):
        return None
    return Decision(
        action=Action.FALL_BACK,
        rule="",
        reason=f"the model does worse, and labels to retrain it will not have come in {terms.patience.days} days",
        because=(loss.sentence, wanted.sentence),
        against=_doubts(evidence),
        how=How(since=loss.since, keep_out=evidence.polluted, sentence=f"until then let {terms.fallback} answer"),
        gain=evidence.worth,
        confidence=sure(loss),
        since=loss.since,
    )


def _not_worth_it(evidence: Evidence, terms: Terms) -> Decision | None:
    loss, worth = evidence.loss, evidence.worth
    if loss is None:
        return None
    if not terms.on_drift:
        reason = "the model does worse, and the terms say that it is not retrained for that"
    elif worth is not None and worth.cost is not None and not worth.pays:
        reason = f"retraining is not shown to pay: it brings at least {worth.low:,.0f} {worth.unit} and costs {worth.cost:,.0f}"
    else:
        return None
    return Decision(
        action=Action.HOLD,
        rule="",
        reason=reason,
        because=(reason,),
        against=(loss.sentence,),
        how=How(since=loss.since, keep_out=evidence.polluted, sentence="watch whether it gets worse"),
        gain=worth,
        confidence=QUIET,
        since=loss.since,
    )


def _worse(evidence: Evidence, terms: Terms) -> Decision | None:
    loss = evidence.loss
    if loss is None:
        return None
    return Decision(
        action=Action.RETRAIN,
        rule="",
        reason=f"the model does worse since {loss.since}, and no fault explains it: {loss.sentence}",
        because=(loss.sentence, *_no_fault(evidence)),
        against=_doubts(evidence),
        when=when_to_train(evidence, terms),
        how=rows_for(evidence, loss, terms),
        gain=evidence.worth,
        confidence=sure(loss),
        since=loss.since,
    )


def _due(evidence: Evidence, terms: Terms) -> Decision | None:
    if terms.schedule is Schedule.NEVER:
        return None
    past = evidence.past
    last = max((at for at in (past.trained, *past.retrains) if at is not None), default=None)
    if last is None or evidence.now - last < PERIODS[terms.schedule]:
        return None
    return Decision(
        action=Action.RETRAIN,
        rule="",
        reason=f"the schedule is {terms.schedule.value}, and the model was trained {dated(last)}",
        because=(f"it was trained {(evidence.now - last).days} days ago",),
        against=(evidence.healthy,) if evidence.healthy else (),
        when=when_to_train(evidence, terms),
        how=rows_for(evidence, None, terms),
        confidence=QUIET,
    )


def _unequal(evidence: Evidence, terms: Terms) -> Decision | None:
    del terms
    if not evidence.unequal:
        return None
    how = How(sentence="see which group it is and since when; who is told no where others are told yes is for a person to decide")
    against = (evidence.healthy,) if evidence.healthy else ()
    because = (evidence.unequal,)
    return Decision(action=Action.LOOK, rule="", reason=evidence.unequal, because=because, against=against, how=how, confidence=QUIET)


def _strange(evidence: Evidence, terms: Terms) -> Decision | None:
    del terms
    alone = evidence.predictions if not evidence.inputs else ()
    if not (evidence.unexplained or alone):
        return None
    if evidence.settled is not None and evidence.settled == evidence.window:
        return None
    reason = evidence.unexplained or f"{listed(alone)} moved, and no input that is watched did"
    how = How(columns=alone, sentence="see whether the model, its version or an input that is not watched changed")
    against = (evidence.healthy,) if evidence.healthy else ()
    return Decision(action=Action.LOOK, rule="", reason=reason, because=(reason,), against=against, how=how, confidence=BLIND)


def _nothing(evidence: Evidence, terms: Terms) -> Decision:
    del terms
    moved = listed((*evidence.predictions, *evidence.inputs))
    over = [one for one in evidence.spoilt if not one.lasts]
    because = [evidence.healthy] if evidence.healthy else []
    because += [f"{one.kind} in {listed(one.columns)} is over" for one in over[:NAMED]]
    against = [f"{moved} moved; input drift alone is no reason to retrain"] if moved else []
    against += [f"labels of {listed(evidence.labels)} moved"] if evidence.labels else []
    reason = "nothing that matters changed" if evidence.settled else "nothing shows a change that matters"
    if moved:
        reason = f"{moved} moved, and nothing shows that the model does worse"
    elif over:
        reason = f"{over[0].kind} in {listed(over[0].columns)} is over, and nothing shows that the model does worse"
    return Decision(
        action=Action.HOLD,
        rule="",
        reason=reason,
        because=tuple(because) or ("no column, no score and no metric changed by as much as matters",),
        against=tuple(against),
        how=How(keep_out=evidence.polluted, sentence=f"keep {listed(evidence.polluted)} out of training" if evidence.polluted else ""),
        confidence=QUIET if evidence.settled else BLIND,
    )


def _no_fault(evidence: Evidence) -> Iterator[str]:
    known = evidence.known
    if not any(one.lasts for one in evidence.spoilt):
        yield "no data fault lasts"
    if known.labelled:
        # Without classes, and of balanced ones, all are as rare.
        yield f"{known.labelled:,} labels since then" + (f", {known.rarer:,} of the rarer class" if known.rarer < known.labelled else "")


def _doubts(evidence: Evidence) -> tuple[str, ...]:
    """What speaks against acting on a loss."""
    found = []
    if evidence.known.skew:
        found.append(f"labels that came are not like the rest: {evidence.known.skew}")
    if evidence.inputs:
        found.append(f"{listed(evidence.inputs)} moved, too, which may be a part of it")
    if evidence.worth is None or evidence.worth.cost is None:
        found.append("nobody said what the model's answers are worth and what a retraining costs, so they cannot be weighed")
    return tuple(found)


POLICY: tuple[Rule, ...] = (
    Rule("data is spoilt", "While data is spoilt, repair it, and train on none of it.", _spoilt),
    Rule("service is broken", "Where the service or its feed is broken, look there first.", _broken),
    Rule("the release did it", "A loss that begins with a release is taken back with it.", _worse_since_release),
    Rule("the fault did it", "A loss that is seen only in spoilt windows is the fault's, so hold.", _of_the_fault),
    Rule("already answered", "A loss that a retraining was begun for is not answered twice.", _answered),
    Rule("a setting is enough", "Where new thresholds or calibrated scores bring most of a loss back, retrain nothing.", _cheap),
    Rule("no label has shown it", "A loss that is only estimated is looked into.", _estimated),
    Rule("labels are out of reach", "A loss for which labels will not come in time needs something else to answer.", _out_of_reach),
    Rule("it does not pay", "A retraining that does not surely pay is not begun.", _not_worth_it),
    Rule("the model does worse", "A loss that no fault explains is retrained for, once enough labels have come.", _worse),
    Rule("the schedule says so", "What the calendar asks for is done, unless something above speaks first.", _due),
    Rule("groups are treated unequally", "A gap between groups that is beyond its limit is looked into.", _unequal),
    Rule("nobody knows why", "A change without a cause is looked into, unless labels show the model to be well.", _strange),
)
"""The usual policy, in order."""

REST = Rule("nothing to do", "Everything else is held: input drift alone is no reason to retrain.", _nothing)
