import json
import os
import signal
from contextlib import suppress

import pytest
from test_plugin import CHECKS, OUTCOMES, no_labs_up, verdicts

from harness.wait import Condition, Deadline, until

pytest_plugins = "pytester"
__all__ = ["no_labs_up"]

PROCESSES = ("--capture=sys", "--processes=2")


def test_several_processes_say_what_one_says(pytester):
    pytester.makepyfile(CHECKS)
    file, junit = pytester.path / "verdicts.json", pytester.path / "junit.xml"
    result = pytester.runpytest_subprocess(*PROCESSES, f"--verdicts={file}", f"--junitxml={junit}")
    result.assert_outcomes(passed=1, failed=1, errors=2, skipped=1)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert verdicts(file) == OUTCOMES
    assert junit.read_text().count("<testcase") == len(OUTCOMES)


def test_a_test_whose_process_dies_is_no_pass(pytester):
    pytester.makepyfile("import os\n\ndef test_good(): ...\n\ndef test_deadly(): os._exit(0)\n\ndef test_after(): ...")
    result = pytester.runpytest_subprocess(*PROCESSES)
    assert result.ret == pytest.ExitCode.INTERNAL_ERROR
    result.stdout.fnmatch_lines(["*no report of 1 tests, the first is *::test_deadly*"])


def test_a_run_that_is_to_stop_at_the_first_failure_does(pytester):
    pytester.makepyfile("def test_bad(): assert 0\n\ndef test_slow():\n    import signal\n    signal.pause()")
    result = pytester.runpytest_subprocess(*PROCESSES, "-x", timeout=30)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*stopping after 1 failures*"])


def test_what_waits_begins_first_and_each_test_runs_once(pytester):
    told = pytester.path / "told"
    pytester.makepyfile(
        f"""
        import os, pytest

        def tell(name):
            fd = os.open({str(told)!r}, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
            os.write(fd, (name + "\\n").encode())

        @pytest.mark.parametrize("n", range(40))
        def test_quick(n): tell(f"quick {{n}}")

        @pytest.mark.waits
        def test_slow(): tell("slow")
        """
    )
    pytester.runpytest_subprocess("--processes=1").assert_outcomes(passed=41)
    assert told.read_text().split("\n")[0] == "slow"
    told.unlink()
    pytester.runpytest_subprocess(*PROCESSES).assert_outcomes(passed=41)
    assert sorted(told.read_text().splitlines()) == sorted([*(f"quick {n}" for n in range(40)), "slow"])


def test_fixtures_of_a_module_end_after_the_last_test_of_it_in_each_process(pytester):
    told = pytester.path / "told"
    module = f"""
        import os, pytest

        @pytest.fixture(scope="module")
        def opened():
            yield os.getpid()
            open({str(told)!r} + str(os.getpid()), "a").write("closed\\n")

        @pytest.mark.parametrize("n", range(5))
        def test_it(opened, n): assert opened == os.getpid()
        """
    pytester.makepyfile(test_a=module, test_b=module)
    pytester.runpytest_subprocess("--processes=1").assert_outcomes(passed=10)
    (only,) = pytester.path.glob("told*")
    assert only.read_text() == "closed\n" * 2


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_a_run_that_is_ended_leaves_no_process(pytester, number):
    pytester.makepyfile(
        f"""
        import os, signal

        def stay():
            open({str(pytester.path)!r} + f"/pid-{{os.getpid()}}", "w").close()
            signal.pause()

        def test_one(): stay()
        def test_two(): stay()
        """
    )
    run = pytester.popen([*pytester._getpytestargs(), *PROCESSES])

    def begun():
        return None if len(list(pytester.path.glob("pid-*"))) == 2 else "not both have begun"

    assert not until([Condition("begun", begun)], Deadline.after(20)).pending
    pids = [int(each.name.removeprefix("pid-")) for each in pytester.path.glob("pid-*")]
    assert run.pid not in pids
    run.send_signal(number)
    run.wait(20)
    try:
        left = until([Condition(str(pid), lambda pid=pid: alive(pid)) for pid in pids], Deadline.after(5)).pending
    finally:
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
    assert not left


def alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return None
    return "it is there"


def test_more_tests_than_a_pipe_holds_are_refused(pytester):
    pytester.makepyfile('import pytest\n@pytest.mark.parametrize("n", range(9000))\ndef test_it(n): ...')
    result = pytester.runpytest_subprocess("--processes=2")
    assert result.ret == pytest.ExitCode.USAGE_ERROR


def test_the_verdicts_are_json_from_every_process(pytester):
    pytester.makepyfile(CHECKS)
    file = pytester.path / "verdicts.json"
    pytester.runpytest_subprocess("--processes=3", "--check=DS-03", f"--verdicts={file}")
    (found,) = json.loads(file.read_text())
    assert (found["evidence"], found["findings"]) == (["17"], ["edge1: is wrong"])
