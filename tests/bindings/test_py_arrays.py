"""What arrays are taken as they lie, what is copied and recorded, and what is refused with the cast to write."""

from __future__ import annotations

import array
import pathlib
from typing import Any

import entrospect as en
import numpy as np
import numpy.typing as npt
import pytest

Matrix = npt.NDArray[Any]


@pytest.fixture
def x() -> Matrix:
    return np.random.default_rng(3).normal(size=(24, 7))


def intake(e: en.Estimate) -> dict[str, Any]:
    """The diagnostics that describe how the array came in."""
    names = ("copied", "byte_swapped", "detached", "device_bytes_copied", "rows_masked")
    return {name: e.diagnostics[name] for name in names if name in e.diagnostics}


@pytest.mark.parametrize("dtype", ["f2", "f4", "f8"])
def test_every_float_is_read_as_its_widening(x: Matrix, dtype: str) -> None:
    narrow = x.astype(dtype)
    e = en.rankme(narrow)
    assert intake(e) == {}
    assert e.value == en.rankme(narrow.astype(np.float64)).value


LAYOUTS: dict[str, Any] = {
    "fortran order": lambda x: np.asfortranarray(x),
    "transposed": lambda x: np.ascontiguousarray(x.T).T,
    "every other row": lambda x: np.repeat(x, 2, axis=0)[::2],
    "reversed rows": lambda x: np.ascontiguousarray(x[::-1])[::-1],
    "reversed columns": lambda x: np.ascontiguousarray(x[:, ::-1])[:, ::-1],
    "columns of a wider array": lambda x: np.hstack([x, x])[:, : x.shape[1]],
    "read-only": lambda x: np.frombuffer(x.tobytes(), x.dtype).reshape(x.shape),
    "unaligned": lambda x: np.frombuffer(b"\0" + x.tobytes(), np.uint8)[1:].view(x.dtype).reshape(x.shape),
    "memoryview": lambda x: memoryview(x),
}


@pytest.mark.parametrize("name", LAYOUTS)
def test_layouts_with_a_unit_stride_are_not_copied_and_give_the_same_bits(x: Matrix, name: str) -> None:
    e = en.rankme(LAYOUTS[name](x))
    assert intake(e) == {}
    assert e.value == en.rankme(x).value


def test_no_unit_stride_is_copied_and_recorded(x: Matrix) -> None:
    wide = np.zeros((48, 14))
    wide[::2, ::2] = x
    e = en.rankme(wide[::2, ::2])
    assert intake(e) == {"copied": "strides"}
    assert e.value == en.rankme(x).value


def test_axes_of_length_one_carry_any_stride(x: Matrix) -> None:
    assert intake(en.rankme(x[::3, 2:3], on_failure="ignore")) == {}


def test_zero_strides_are_duplicated_rows(x: Matrix) -> None:
    repeated = np.broadcast_to(x[:1], (5, 7))
    e = en.rankme(repeated, on_failure="ignore")
    assert intake(e) == {}
    assert e.diagnostics["duplicate_rows"] == 4
    assert e.value == pytest.approx(1, abs=1e-6)  # rank one: the second singular value is at most sqrt(eps) of the first


def test_big_endian_is_swapped_and_recorded(x: Matrix) -> None:
    e = en.rankme(x.astype(">f8"))
    assert intake(e) == {"byte_swapped": True, "copied": "byte order"}
    assert e.value == en.rankme(x).value


@pytest.mark.parametrize("mode", ["r", "r+", "c"])
def test_memory_maps(x: Matrix, tmp_path: pathlib.Path, mode: Any) -> None:
    np.save(tmp_path / "x.npy", x)
    mapped = np.load(tmp_path / "x.npy", mmap_mode=mode)
    e = en.rankme(mapped)
    assert intake(e) == {}
    assert e.value == en.rankme(x).value


def test_inputs_are_never_written(x: Matrix) -> None:
    before = x.copy()
    en.effective_rank(x, normalize="standardize")
    assert np.array_equal(x, before)


REFUSED = [
    (lambda x: x.astype(np.int64), TypeError, r"int64.*x\.astype\(numpy\.float64\)"),
    (lambda x: x > 0, TypeError, r"bool.*x\.astype\(numpy\.float64\)"),
    (lambda x: x.astype(complex), TypeError, r"complex128.*x\.real or numpy\.abs"),
    (lambda x: x.astype(object), TypeError, r"object.*numpy\.asarray\(x, dtype=float\)"),
    (lambda x: x.astype("U8"), TypeError, r"text.*astype"),
    (lambda x: np.zeros((3, 2), [("a", "f8")]), TypeError, r"structured.*x\['field'\]"),
    (lambda x: x.astype("f2").view("V2"), TypeError, r"void16.*ml_dtypes\.bfloat16"),
    (lambda x: x.astype("M8[s]"), TypeError, r"datetime64"),
    (lambda x: np.ma.masked_array(x, x > 1), TypeError, r"masked array.*compress_rows"),
    (lambda x: x.tolist(), TypeError, r"x is a list.*numpy\.asarray"),
    (lambda x: array.array("i", [1, 2]), TypeError, r"'i' \(buffer format\)"),
    (lambda x: b"12345678", TypeError, r"x is a bytes"),
    (lambda x: None, TypeError, r"x is a NoneType"),
    (lambda x: x[0], ValueError, r"shape \(7,\).*x\[:, None\].*as_column=True"),
    (lambda x: x[None], ValueError, r"shape \(1, 24, 7\).*x\.reshape\(-1, 7\)"),
    (lambda x: x[0, 0] * np.ones(()), ValueError, r"shape \(\)"),
]


@pytest.mark.parametrize(("make", "error", "message"), REFUSED, ids=[case[2][:12] for case in REFUSED])
def test_what_is_not_samples_is_refused_with_what_to_write(x: Matrix, make: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        en.rankme(make(x))


def test_data_frames_are_asked_for_their_values(x: Matrix) -> None:
    pandas = pytest.importorskip("pandas", reason="pandas is not installed")
    with pytest.raises(TypeError, match=r"DataFrame.*x\.to_numpy\(\)"):
        en.rankme(pandas.DataFrame(x))


def test_one_axis_becomes_a_column_on_request(x: Matrix) -> None:
    e = en.effective_rank(x[:, 0], as_column=True)
    assert (e.n, e.d) == (24, 1)
    assert e.value == en.effective_rank(x[:, :1]).value


def test_bfloat16_of_ml_dtypes(x: Matrix) -> None:
    ml_dtypes = pytest.importorskip("ml_dtypes", reason="ml_dtypes is not installed")
    narrow = x.astype(ml_dtypes.bfloat16)
    e = en.rankme(narrow)
    assert intake(e) == {}
    assert e.value == en.rankme(narrow.astype(np.float64)).value
    with pytest.raises(TypeError, match=r"float8_e4m3fn.*x\.astype"):
        en.rankme(x.astype(ml_dtypes.float8_e4m3fn))


class Exporter:
    """Exports a NumPy array through DLPack with chosen faults and devices."""

    def __init__(self, x: Matrix, *, device: tuple[int, int] = (1, 0), versioned: bool = True) -> None:
        self.x, self.device_type, self.versioned = x, device, versioned

    def __dlpack_device__(self) -> tuple[int, int]:
        return self.device_type

    def __dlpack__(self, **keywords: Any) -> Any:
        if keywords and not self.versioned:
            raise TypeError("unexpected keyword")
        exported: Any = self.x
        return exported.__dlpack__(**keywords)


class OnDevice(Exporter):
    """An array on a device, in the manner of torch: indexing selects there, cpu() copies."""

    device = "cuda:0"

    def __init__(self, x: Matrix) -> None:
        super().__init__(x, device=(2, 0))

    def __getitem__(self, rows: list[int]) -> OnDevice:
        return OnDevice(self.x[rows])

    def cpu(self) -> Matrix:
        return self.x


@pytest.mark.parametrize("versioned", [True, False])
@pytest.mark.parametrize("layout", ["c", "f", "strided"])
def test_dlpack_capsules(x: Matrix, versioned: bool, layout: str) -> None:
    laid = {"c": x, "f": np.asfortranarray(x), "strided": np.repeat(x, 2, axis=0)[::2]}[layout]
    e = en.rankme(Exporter(laid, versioned=versioned))
    assert intake(e) == {}
    assert e.value == en.rankme(x).value


def test_dlpack_integers_are_refused(x: Matrix) -> None:
    with pytest.raises(TypeError, match="int64"):
        en.rankme(Exporter(x.astype(np.int64)))


def test_errors_of_the_exporter_reach_the_caller() -> None:
    class Broken(Exporter):
        def __dlpack__(self, **keywords: Any) -> Any:
            raise BufferError("cannot export")

    with pytest.raises(BufferError, match="cannot export"):
        en.rankme(Broken(np.eye(3)))


def test_device_memory_is_refused_with_the_fix_and_copied_on_request(x: Matrix) -> None:
    with pytest.raises(ValueError, match=r'cuda:0; pass device="copy"'):
        en.rankme(OnDevice(x))
    e = en.rankme(OnDevice(x), device="copy")
    assert intake(e) == {"device_bytes_copied": x.nbytes}
    assert e.value == en.rankme(x).value
    with pytest.raises(ValueError, match="allowed: None, or 'copy'"):
        en.rankme(OnDevice(x), device="cuda:0")  # type: ignore[arg-type]


def test_only_the_rows_that_a_mask_keeps_leave_the_device(x: Matrix) -> None:
    mask = np.arange(24) % 3 == 0
    e = en.rankme(OnDevice(x), device="copy", mask=mask)
    assert e.diagnostics["device_bytes_copied"] == x[mask].nbytes
    assert e.value == en.rankme(x[mask]).value


def test_masks_keep_rows_without_a_copy(x: Matrix) -> None:
    mask = np.arange(24) % 3 == 0
    e = en.rankme(x, mask=mask)
    assert intake(e) == {"rows_masked": 16}
    assert e.n == 8
    assert e.value == en.rankme(x[mask]).value
    assert e.value == en.rankme(x, mask=mask.astype(int)).value
    assert e.value == en.rankme(x, mask=mask.tolist()).value


@pytest.mark.parametrize(
    ("mask", "error", "message"),
    [
        (np.ones(5, bool), ValueError, "mask has 5 entries; x has 24 rows"),
        (np.ones((24, 1), bool), ValueError, "must be 1-d"),
        (np.ones(24), TypeError, "float64.*nonzero = keep"),
        ([], (TypeError, ValueError), "mask"),
    ],
)
def test_masks_that_do_not_fit(x: Matrix, mask: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        en.rankme(x, mask=mask)


def test_arrays_are_released_after_the_call() -> None:
    import sys

    x = np.random.default_rng(0).normal(size=(50, 4))
    before = sys.getrefcount(x)
    en.rankme(x)
    en.layers([x], ["rankme"])
    en.spectrum(x)
    with pytest.raises(ValueError, match="mask"):
        en.rankme(x, mask=[True])
    assert sys.getrefcount(x) == before
