"""Files as their own libraries write them: what was saved is what is read."""

from __future__ import annotations

import io
import json
import pathlib
import zipfile
from typing import Any

import entrospect as en
import numpy as np
import numpy.typing as npt
import pytest

RNG = np.random.default_rng(0)
SAMPLES = RNG.normal(size=(17, 5))
FLOATS = ["<f2", "<f4", "<f8", ">f2", ">f4", ">f8"]


def as_read(x: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    return x.astype(np.float64)  # exact from every floating-point type


def npy_bytes(x: npt.NDArray[Any], version: tuple[int, int] | None = None) -> bytes:
    out = io.BytesIO()
    np.lib.format.write_array(out, x, version=version)
    return out.getvalue()


@pytest.mark.parametrize("version", [(1, 0), (2, 0), (3, 0)])
@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("dtype", FLOATS)
def test_npy(tmp_path: pathlib.Path, dtype: str, order: Any, version: tuple[int, int]) -> None:
    x = np.asarray(SAMPLES.astype(dtype), order=order)
    path = tmp_path / "x.npy"
    path.write_bytes(npy_bytes(x, version))
    tensor = en.open(path)["x"]
    assert tensor.dtype == dtype
    assert tensor.shape == x.shape
    assert tensor.problem is None
    np.testing.assert_array_equal(tensor.numpy(), as_read(x))


@pytest.mark.parametrize(
    "x",
    [SAMPLES.T, SAMPLES[::-2, ::2], np.broadcast_to(SAMPLES[:1], (4, 5)), SAMPLES[:1], SAMPLES[:, :1]],
    ids=["transpose", "strided", "broadcast", "row", "column"],
)
def test_npy_of_views(tmp_path: pathlib.Path, x: npt.NDArray[np.float64]) -> None:
    np.save(tmp_path / "x.npy", x)
    np.testing.assert_array_equal(en.open(tmp_path / "x.npy")["x"].numpy(), x)


def test_npy_written_through_a_memory_map(tmp_path: pathlib.Path) -> None:
    mapped = np.lib.format.open_memmap(tmp_path / "x.npy", mode="w+", dtype="f4", shape=(17, 5))
    mapped[:] = SAMPLES
    mapped.flush()
    np.testing.assert_array_equal(en.open(tmp_path / "x.npy")["x"].numpy(), as_read(SAMPLES.astype("f4")))


def test_npy_of_bfloat16_needs_its_name(tmp_path: pathlib.Path) -> None:
    ml_dtypes = pytest.importorskip("ml_dtypes", reason="NumPy has no bfloat16 of its own")
    x = SAMPLES.astype(ml_dtypes.bfloat16)
    np.save(tmp_path / "x.npy", x)
    lost = en.open(tmp_path / "x.npy")["x"]
    assert lost.problem is not None
    assert "bf16" in lost.problem
    np.testing.assert_array_equal(en.open(tmp_path / "x.npy", dtype="bf16")["x"].numpy(), as_read(x))


@pytest.mark.parametrize("dtype", ["?", "i1", "u1", ">i2", "u2", "i4", ">u4", "i8", "f4", ">f8"])
def test_npy_columns_of_numbers(tmp_path: pathlib.Path, dtype: str) -> None:
    y = np.array([0, 1, 1, 5]).astype(dtype)
    np.save(tmp_path / "y.npy", y)
    np.testing.assert_array_equal(en.open(tmp_path / "y.npy")["y"].numpy(), y.astype(np.float64))


@pytest.mark.parametrize(
    "y", [np.array(["cat", "Löwe", "", "cat"]), np.array([b"a", b"bc", b"a", b""]), np.array([3, -1, 3, -1])], ids=["str", "bytes", "int"]
)
def test_npy_labels(tmp_path: pathlib.Path, y: npt.NDArray[Any]) -> None:
    """Labels from a file make the same classes as the same labels in memory."""
    y = np.tile(y, 5)
    x = RNG.normal(size=(len(y), 3))
    np.save(tmp_path / "y.npy", y)
    in_memory = y.tolist() if y.dtype.kind != "S" else [text.decode() for text in y.tolist()]
    from_file = en.dsmi(x, en.open(tmp_path / "y.npy")["y"])
    assert from_file.value == en.dsmi(x, in_memory).value


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_npz(tmp_path: pathlib.Path, save: Any) -> None:
    arrays = {f"layer{i}": SAMPLES.astype(dtype) + i for i, dtype in enumerate(FLOATS * 2)}
    arrays["transposed"] = np.asfortranarray(SAMPLES)
    arrays["group/inner"] = SAMPLES[:2]
    save(tmp_path / "x.npz", **arrays)
    file = en.open(tmp_path / "x.npz")
    assert list(file) == ["group/inner", *(f"layer{i}" for i in range(12)), "transposed"]
    for name, x in arrays.items():
        np.testing.assert_array_equal(file[name].numpy(), as_read(x))


@pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_npz_with_zip64_fields(tmp_path: pathlib.Path, compression: int) -> None:
    with zipfile.ZipFile(tmp_path / "x.npz", "w", compression) as archive:
        for name in ("a", "b"):
            with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                member.write(npy_bytes(SAMPLES))
        archive.comment = b"a comment behind the directory"
    file = en.open(tmp_path / "x.npz")
    for name in ("a", "b"):
        np.testing.assert_array_equal(file[name].numpy(), SAMPLES)


class Unseekable(io.RawIOBase):
    """A pipe: zipfile then writes sizes behind the data and zeros before them."""

    def __init__(self, out: io.BytesIO) -> None:
        self.out = out

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        return self.out.write(data)


@pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_npz_written_to_a_pipe(tmp_path: pathlib.Path, compression: int) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(Unseekable(out), "w", compression) as archive:
        archive.writestr("x.npy", npy_bytes(SAMPLES))
    (tmp_path / "x.npz").write_bytes(out.getvalue())
    np.testing.assert_array_equal(en.open(tmp_path / "x.npz")["x"].numpy(), SAMPLES)


@pytest.mark.parametrize("compression", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_npz_with_other_compression_is_refused(tmp_path: pathlib.Path, compression: int) -> None:
    with zipfile.ZipFile(tmp_path / "x.npz", "w", compression) as archive:
        archive.writestr("x.npy", npy_bytes(SAMPLES))
    problem = en.open(tmp_path / "x.npz")["x"].problem
    assert problem is not None
    assert f"found {compression}" in problem


def test_safetensors_of_numpy(tmp_path: pathlib.Path) -> None:
    safetensors = pytest.importorskip("safetensors.numpy", reason="the writer under test")
    arrays = {f"layers.{i}": (SAMPLES + i).astype(dtype) for i, dtype in enumerate(["f2", "f4", "f8"] * 4)}
    arrays["labels"] = np.arange(17)
    arrays["empty"] = np.zeros((0, 4), "f4")
    safetensors.save_file(arrays, tmp_path / "x.safetensors", metadata={"note": "ü"})
    file = en.open(tmp_path / "x.safetensors")
    assert list(file) == ["empty", "labels", *(f"layers.{i}" for i in range(12))]
    assert file["empty"].problem is not None
    for name in (n for n in arrays if n != "empty"):
        np.testing.assert_array_equal(file[name].numpy(), as_read(arrays[name]))


def test_safetensors_of_torch_in_every_float(tmp_path: pathlib.Path) -> None:
    torch = pytest.importorskip("torch", reason="the writer under test")
    safetensors = pytest.importorskip("safetensors.torch", reason="the writer under test")
    x = torch.from_numpy(SAMPLES)
    tensors = {"bf16": x.bfloat16(), "f16": x.half(), "f32": x.float(), "f64": x, "f8": x.to(torch.float8_e4m3fn)}
    safetensors.save_file(tensors, tmp_path / "x.safetensors")
    file = en.open(tmp_path / "x.safetensors")
    for name in ("bf16", "f16", "f32", "f64"):
        np.testing.assert_array_equal(file[name].numpy(), tensors[name].double().numpy())
    problem = file["f8"].problem
    assert problem is not None
    assert "F8_E4M3" in problem


def test_sharded_safetensors(tmp_path: pathlib.Path) -> None:
    safetensors = pytest.importorskip("safetensors.numpy", reason="the writer under test")
    arrays = {f"layers.{i}.out": (SAMPLES + i).astype("f4") for i in range(12)}
    weight_map = {}
    for shard in range(3):
        name = f"model-{shard + 1:05}-of-00003.safetensors"
        part = dict(list(arrays.items())[shard::3])
        safetensors.save_file(part, tmp_path / name)
        weight_map.update(dict.fromkeys(part, name))
    total = sum(x.nbytes for x in arrays.values())
    index = tmp_path / "model.safetensors.index.json"
    index.write_text(json.dumps({"metadata": {"total_size": total}, "weight_map": weight_map}, indent=2))
    file = en.open(index)
    assert list(file) == list(arrays)
    for name, x in arrays.items():
        np.testing.assert_array_equal(file[name].numpy(), as_read(x))


@pytest.mark.parametrize("suffix", ["npy", "npz"])
def test_every_truncation_is_refused(tmp_path: pathlib.Path, suffix: str) -> None:
    path = tmp_path / f"x.{suffix}"
    if suffix == "npy":
        np.save(path, SAMPLES)
    else:
        np.savez_compressed(path, x=SAMPLES)
    whole = path.read_bytes()
    for size in [*range(0, len(whole), 7), len(whole) - 1]:
        path.write_bytes(whole[:size])
        with pytest.raises(en.FileError, match=r"expected .*, found .*\. Fix: "):
            en.open(path)["x"].numpy()
