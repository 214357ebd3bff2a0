import pytest
from rehearsed import rehearsed

from harness.errors import CannotMeasure
from harness.verdict import rehearsal as judge

pytestmark = [pytest.mark.disturbs, pytest.mark.long]


@pytest.fixture(scope="module")
def step(lab, history, plan, targets):
    """The step from the stage before to the lab's, there and back; of each name's outcome one rehearsal tells all."""
    return rehearsed(lab, history, plan, targets)


@pytest.mark.check("MIG-01")
def test_a_stage_is_entered_only_when_all_checks_of_the_one_before_have_passed(step, plan, judged):
    step.steps()
    entered = step.rehearsal.entered(plan.stage_names())
    if not entered:
        raise CannotMeasure("no stage was entered from an earlier one")
    judged(judge.gates(entered), step.evidence, where=f"{step.earlier} → {step.rehearsal.start}")


@pytest.mark.check("MIG-04")
def test_a_stage_step_interrupts_nobodys_ipv4(step, targets, judged):
    findings, unproven = (), []
    for each in step.steps():
        four = [one for one in each.stretches if one.family == 4]
        if not four:
            raise CannotMeasure(f"no main flow in IPv4 is offered before and after {each.name}")
        unproven += [f"{way} before {each.name}" for way in each.unproven if " IPv4 " in way]
        found = judge.carried(four, targets["step_lost_percent"], targets["step_gap_ms"])
        findings += tuple(judge.in_step(each.name, one) for one in found)
    if unproven and not findings:
        raise CannotMeasure(f"packets were lost before the step began: {', '.join(unproven)}")
    judged(findings, step.evidence)


@pytest.mark.check("MIG-05")
def test_no_aaaa_is_published_at_any_instant_whose_service_does_not_listen(step, judged):
    findings, blind = (), 0
    for each in step.steps():
        if not each.published:
            raise CannotMeasure(f"not one AAAA was seen through {each.name}: there is nothing to judge")
        blind += each.blind
        findings += tuple(judge.in_step(each.name, one) for one in each.unserved)
    if blind and not findings:
        raise CannotMeasure(f"the name server did not answer at {blind} looks, so what was published then is unknown")
    judged(findings, step.evidence)


@pytest.mark.check("DS-15")
def test_ipv4_is_what_it_was_before_through_and_after_the_step(step, judged):
    made = [one for each in (*step.journeys, *(each.journeys for each in step.steps())) for one in each]
    four = [each for each in made if each.manner == "IPv4"]
    if not any(each.fate == "done" for each in four):
        raise CannotMeasure("not one journey was made in IPv4")
    unknown = [str(each) for each in four if each.fate == "not measured"]
    findings = judge.travelled(four) + judge.paths_alike(*step.paths)
    if unknown and not findings:
        raise CannotMeasure(f"{len(unknown)} journeys could not be measured: {unknown[0]}")
    judged(findings, step.evidence)
