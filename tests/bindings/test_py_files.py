"""Files: the same numbers as from memory, without other packages, lazily."""

from __future__ import annotations

import pathlib
from typing import Any

import entrospect as en
import numpy as np
import numpy.typing as npt
import pytest


@pytest.fixture
def x() -> npt.NDArray[np.float32]:
    return np.random.default_rng(9).normal(size=(50, 6)).astype(np.float32)


def test_npz_with_labels(tmp_path: pathlib.Path, x: npt.NDArray[np.float32]) -> None:
    labels = np.arange(50) % 2
    tensors: dict[str, Any] = {"layer.2": x, "layer.10": x[:, :3], "labels": labels}
    np.savez(tmp_path / "a.npz", **tensors)
    file = en.open(tmp_path / "a.npz")
    assert list(file) == ["labels", "layer.2", "layer.10"]
    assert len(file) == 3
    assert file["layer.2"].shape == (50, 6)
    assert en.rankme(file["layer.2"]).value == en.rankme(x).value
    assert en.dsmi(file["layer.2"], file["labels"]).value == en.dsmi(x, labels).value
    assert file["labels"].problem
    assert np.array_equal(file["layer.10"].numpy(), x[:, :3])
    rows = en.layers({name: tensor for name, tensor in file.items() if not tensor.problem}, "rankme")
    assert [row["tensor"] for row in rows] == ["layer.2", "layer.10"]
    with pytest.raises(KeyError, match=r"no tensor 'x'; it has labels, layer\.2"):
        file["x"]


def test_unfolding_is_numpys(tmp_path: pathlib.Path) -> None:
    maps = np.random.default_rng(3).normal(size=(2, 3, 4, 5)).astype(np.float32)
    np.save(tmp_path / "a.npy", maps)
    assert "unfold" in (en.open(tmp_path / "a.npy")["a"].problem or "")
    expected = {
        "tokens": maps.reshape(-1, 5),
        "pixels": en.to_rows(maps),
        "images": en.to_rows(maps, per="image"),
    }
    for unfold, rows in expected.items():
        assert np.array_equal(en.open(tmp_path / "a.npy", unfold=unfold)["a"].numpy(), rows)  # type: ignore[arg-type]
    heads = en.open(tmp_path / "a.npy", unfold="matrices")
    assert list(heads) == [f"a[{i},{j}]" for i in range(2) for j in range(3)]
    assert np.array_equal(heads["a[1,2]"].numpy(), maps[1, 2])
    with pytest.raises(ValueError, match="allowed: none, tokens, pixels, images, matrices"):
        en.open(tmp_path / "a.npy", unfold="heads")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="to_rows"):
        en.rankme(maps)


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("dtype", ["<f2", "<f4", "<f8", ">f4", ">f8"])
def test_npy(tmp_path: pathlib.Path, x: npt.NDArray[np.float32], order: Any, dtype: str) -> None:
    np.save(tmp_path / "x.npy", np.asarray(x, dtype=dtype, order=order))
    (tensor,) = en.open(tmp_path / "x.npy").values()
    e = en.rankme(tensor)
    assert e.value == en.rankme(x.astype(dtype)).value
    assert e.diagnostics.get("byte_swapped", False) is dtype.startswith(">")
    assert en.rankme(tensor, mask=np.arange(50) < 20).value == en.rankme(x.astype(dtype)[:20]).value


def test_bfloat16_safetensors(tmp_path: pathlib.Path, x: npt.NDArray[np.float32]) -> None:
    ml_dtypes = pytest.importorskip("ml_dtypes", reason="ml_dtypes is not installed")
    writer = pytest.importorskip("safetensors.numpy", reason="safetensors is not installed")
    narrow = x.astype(ml_dtypes.bfloat16)
    writer.save_file({"h": narrow, "counts": np.arange(4)}, tmp_path / "h.safetensors")
    file = en.open(str(tmp_path / "h.safetensors"))
    assert file["h"].dtype == "BF16"
    assert en.rankme(file["h"]).value == en.rankme(narrow).value
    assert np.array_equal(file["h"].numpy(), narrow.astype(np.float64))
    with pytest.raises((OSError, TypeError, ValueError), match="counts"):
        en.rankme(file["counts"])
    assert "counts" in repr(file)
    assert "BF16 (50, 6)" in repr(file["h"])


def test_one_column_and_weights(tmp_path: pathlib.Path, x: npt.NDArray[np.float32]) -> None:
    np.savez(tmp_path / "a.npz", column=x[:, 0].astype(np.float64), w=np.full(50, 1 / 50), x=x)
    file = en.open(tmp_path / "a.npz")
    assert en.effective_rank(file["column"], as_column=True).value == en.effective_rank(x[:, :1].astype(np.float64)).value
    assert en.vendi_score(file["x"], weights=file["w"]).value == en.vendi_score(x, weights=np.full(50, 1 / 50)).value


def test_broken_files_say_what_and_where(tmp_path: pathlib.Path) -> None:
    (tmp_path / "x.npy").write_bytes(b"\x93NUMPY\x01\x00\xff\xff")
    with pytest.raises(en.FileError, match=r"x\.npy"):
        en.open(tmp_path / "x.npy")
    with pytest.raises(OSError, match="absent"):
        en.open(tmp_path / "absent.npy")


def test_opening_reads_no_data(tmp_path: pathlib.Path) -> None:
    with (tmp_path / "x.npy").open("wb") as f:
        np.lib.format.write_array_header_1_0(f, {"descr": "<f4", "fortran_order": False, "shape": (10**7, 256)})
        f.truncate(f.tell() + 10**7 * 256 * 4)  # sparse
    (tensor,) = en.open(tmp_path / "x.npy").values()
    assert tensor.shape == (10**7, 256)
