"""How calls behave: statuses, threads, Ctrl-C, progress, fork, import."""

from __future__ import annotations

import concurrent.futures
import math
import os
import pathlib
import pickle
import subprocess
import sys
import threading
import time
import warnings
from typing import Any

import entrospect as en
import numpy as np
import pytest

CONSTANT = np.ones((6, 3))  # no variation left after centering: status degenerate


def python(code: str, *arguments: str, **environment: str) -> str:
    """Standard output of a fresh interpreter."""
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
        env={**os.environ, **environment},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_status_warns_by_default_where_the_call_stands() -> None:
    with pytest.warns(en.EstimateWarning, match="effective_rank: degenerate") as caught:
        e = en.effective_rank(CONSTANT)
    assert math.isnan(e.value)
    assert caught[0].filename == __file__


def test_a_status_raises_with_the_estimate() -> None:
    with pytest.raises(en.EstimateError, match="effective_rank: degenerate") as caught:
        en.effective_rank(CONSTANT, on_failure="raise")
    assert caught.value.estimate.status == "degenerate"
    assert isinstance(caught.value, RuntimeError)


def test_a_status_may_be_ignored() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert en.effective_rank(CONSTANT, on_failure="ignore").status == "degenerate"


@pytest.mark.parametrize(
    ("keywords", "error", "message"),
    [
        ({"on_failure": "explode"}, ValueError, "'explode'; allowed: 'raise', 'warn', 'ignore'"),
        ({"threads": 0}, ValueError, "threads = 0; allowed: 1 to 4096"),
        ({"threads": "two"}, TypeError, "threads = 'two'"),
        ({"threads": True}, TypeError, "threads = True"),
        ({"epsilon": -1.0}, ValueError, r"epsilon.*-1.*\[0, 1\)"),
        ({"epsilon": float("nan")}, ValueError, "epsilon"),
        ({"epsilon": "much"}, (TypeError, ValueError), "much"),
        ({"epsilon": [1]}, TypeError, "epsilon is a list"),
        ({"center": 1.5}, TypeError, "center"),
        ({"normalize": "l3"}, ValueError, "l3.*l2"),
        ({"compat": "rankme"}, ValueError, "rankme-paper"),
        ({"lapack_threads": 2**70}, ValueError, "64 bits"),
    ],
)
def test_misuse_names_the_value_and_what_is_allowed(keywords: dict[str, object], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        en.rankme(np.eye(3), **keywords)  # type: ignore[arg-type]


def test_unknown_names_suggest_the_nearest() -> None:
    with pytest.raises(ValueError, match="rankme"):
        en.run("rankmee", np.eye(3))
    with pytest.raises(ValueError, match="epsilon"):
        en.run("rankme", np.eye(3), epsilom=1.0)


def test_numpy_scalars_are_options() -> None:
    x = np.eye(4)
    rank: Any = en.effective_rank  # NumPy's scalars are not typed as numbers
    assert rank(x, order=np.float32(2), center=np.bool_(False)).value == rank(x, order=2, center=False).value
    assert rank(x, order=np.int64(2), center=False).value == en.effective_rank(x, order=2.0, center=False).value
    assert en.effective_rank(x, order="inf").value == en.effective_rank(x, order=math.inf).value


def test_threads_do_not_change_a_bit() -> None:
    x = np.random.default_rng(0).normal(size=(3000, 120)).astype(np.float32)
    assert len({en.effective_rank(x, threads=threads).value for threads in (1, 2, 7)}) == 1


def test_eight_threads_calling_at_once() -> None:
    xs = [np.random.default_rng(i).normal(size=(300, 40)) for i in range(32)]
    alone = [en.rankme(x).value for x in xs]
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda x: en.rankme(x).value, xs)) == alone


def test_other_python_threads_run_during_a_call() -> None:
    x = np.random.default_rng(0).normal(size=(1500, 1500))
    ticks, done = [0], threading.Event()

    def tick() -> None:
        while not done.is_set():
            ticks[0] += 1
            time.sleep(0.001)

    thread = threading.Thread(target=tick)
    thread.start()
    before = ticks[0]
    en.rankme(x)
    during = ticks[0] - before
    done.set()
    thread.join()
    # A call that held the GIL would let at most one tick pass; this one takes hundreds of milliseconds.
    assert during > 10


INTERRUPTED = """
import os, signal, sys, threading, time
import numpy as np
import entrospect as en

call = {
    "product": lambda x: en.rankme(x),
    "gram": lambda x: en.spectrum(x, en.Gram()),
    "classes": lambda x: en.dsmi(x[:, :64], np.arange(len(x)) % 4, repeats=200),
    "layers": lambda x: en.layers({str(i): x[:, 64 * i : 64 * i + 64] for i in range(6)}, ["dse", "vendi_score:kernel=gaussian"]),
}[sys.argv[1]]
delay = float(sys.argv[2])
x = np.random.default_rng(0).normal(size=(4000, 4000))
en.rankme(x[:10])
sent = []

def interrupt():
    time.sleep(delay)
    sent.append(time.process_time())
    os.kill(os.getpid(), signal.SIGINT)

threading.Thread(target=interrupt, daemon=True).start()
try:
    while True:  # whatever a machine finishes meanwhile
        call(x)
except KeyboardInterrupt:
    print((time.process_time() - sent[0]) / en.threadpool_info()["num_threads"])
    assert en.rankme(np.eye(3)).ok  # nothing is left behind
"""


@pytest.mark.parametrize("call", ["product", "gram", "classes", "layers"])
@pytest.mark.parametrize("delay", ["0.1", "0.8", "3"])
def test_ctrl_c_stops_a_long_call(call: str, delay: str) -> None:
    # The promise is 0.2 s on an idle machine: of processor time for each thread, which does not grow when others use the machine too.
    waits = []
    for _ in range(5):
        waits.append(float(python(INTERRUPTED, call, delay)))
        if waits[-1] <= 0.2:
            break
    assert min(waits) <= 0.2, waits


def test_an_exception_of_the_progress_function_stops_the_call() -> None:
    def stop(stage: str, done: float) -> None:
        raise LookupError(stage)

    layers = {str(i): np.random.default_rng(i).normal(size=(50, 5)) for i in range(40)}
    with pytest.raises(LookupError):
        en.layers(layers, "rankme", progress=stop, threads=1)


def test_progress_comes_from_the_calling_thread_and_ends_at_one() -> None:
    seen: list[tuple[float, int]] = []
    layers = {str(i): np.random.default_rng(i).normal(size=(50, 5)) for i in range(10)}
    en.layers(layers, "rankme", progress=lambda stage, done: seen.append((done, threading.get_ident())), threads=1)
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)
    assert {thread for _, thread in seen} == {threading.get_ident()}
    assert seen[-1][0] == 1


def test_progress_true_draws_without_tqdm(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tqdm", None)
    monkeypatch.setitem(sys.modules, "tqdm.auto", None)
    en.layers([np.eye(4), np.eye(3)], "rankme", progress=True, threads=1)
    assert "100 %" in capsys.readouterr().err


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_fork_then_call() -> None:
    code = """
import os, sys, numpy as np, entrospect as en
x = np.random.default_rng(0).normal(size=(2000, 100))
parent = en.effective_rank(x, threads=2).value  # the pool has threads before the fork
children = []
for _ in range(3):
    pid = os.fork()
    if pid == 0:
        os._exit(0 if en.effective_rank(x, threads=2).value == parent else 1)
    children.append(pid)
assert all(os.waitpid(pid, 0)[1] == 0 for pid in children)
assert en.effective_rank(x, threads=2).value == parent
"""
    python(code)


def test_importing_loads_no_openmp_runtime() -> None:
    code = "import numpy; import entrospect; print(open('/proc/self/maps').read())"
    if not pathlib.Path("/proc/self/maps").exists():
        pytest.skip("no /proc/self/maps here")
    assert not [line for line in python(code).splitlines() if "libgomp" in line or "libomp" in line or "libiomp" in line]


@pytest.mark.parametrize("absent", ["torch", "pandas", "tqdm", "ml_dtypes", "matplotlib", "scipy"])
def test_importing_needs_no_optional_package(absent: str) -> None:
    code = f"import sys; sys.modules[{absent!r}] = None; import numpy, entrospect as en; print(en.rankme(numpy.eye(3)).value)"
    assert float(python(code)) == pytest.approx(3, rel=1e-12)


def test_importing_loads_none_of_the_optional_packages() -> None:
    code = "import sys, entrospect; print([m for m in ('torch', 'pandas', 'tqdm', 'ml_dtypes', 'matplotlib', 'scipy') if m in sys.modules])"
    assert python(code).strip() == "[]"


def test_a_missing_compiled_part_says_how_to_build_it() -> None:
    code = """
import sys
sys.modules["entrospect._core"] = None
try:
    import entrospect
except ImportError as error:
    print(error)
"""
    text = python(code)
    assert "pip install ." in text
    assert "-DENTROSPECT_PYTHON=ON" in text


def test_pool_size_follows_the_environment() -> None:
    info = "import entrospect as en; print(en.threadpool_info()['num_threads'])"
    assert python(info, ENTROSPECT_NUM_THREADS="3").strip() == "3"
    assert en.threadpool_info()["num_threads"] >= 1


def test_logging_is_silent_unless_asked_for() -> None:
    code = "import numpy as np, entrospect as en; print(len(en.layers([np.eye(3, dtype=int)], 'rankme')))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (done.stdout.strip(), done.stderr) == ("1", "")


def test_joblib_runs_estimators() -> None:
    joblib = pytest.importorskip("joblib", reason="joblib is not installed")
    values = joblib.Parallel(n_jobs=2)(joblib.delayed(en.rankme)(np.eye(n)) for n in (3, 4, 5))
    assert [round(e.value) for e in values] == [3, 4, 5]


def test_functions_pickle_by_name() -> None:
    assert pickle.loads(pickle.dumps(en.rankme)) is en.rankme
