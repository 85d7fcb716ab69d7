"""entrospect.torch: estimators inside a loss."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

import entrospect as en
import numpy as np
import pytest

torch: Any = pytest.importorskip("torch", reason="PyTorch is not installed")

CASES = [
    ("von_neumann_entropy", {}),
    ("von_neumann_entropy", {"center": True, "unit": "bits"}),
    ("matrix_entropy", {"bandwidth": 1.3}),
    ("matrix_entropy", {"kernel": "linear", "order": 3}),
    ("vendi_score", {}),
    ("vendi_score", {"order": 2, "kernel": "gaussian", "bandwidth": 2.0}),
    ("effective_rank", {}),
    ("rankme", {}),
    ("dse", {"bandwidth": 1.0, "t": 2, "anisotropy": 1}),
    ("participation_ratio", {}),
    ("stable_rank", {}),
    ("top_share", {"rank": 2}),
    ("spectral_gap", {}),
    ("anisotropy", {"normalize": "l2"}),
    ("tsallis_entropy", {"order": 1.5}),
    ("nuclear_norm", {"center": True}),
    ("log_det", {"unit": "bits"}),
    ("coding_rate", {}),
    ("eigenscore", {"ridge": 0.01}),
    ("matrix_entropy", {"bandwidth": 1.3, "order": 4}),
    ("alpha_req", {"first_rank": 1, "last_rank": 3}),
    ("jensen_renyi", {"bandwidth": 1.3, "labels": [0, 1, 0, 1, 2, 2]}),
    ("coding_rate_reduction", {"labels": [0, 1, 0, 1, 2, 2]}),
]


def samples(n: int = 6, d: int = 3, dtype: Any = None, seed: int = 0) -> Any:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(n, d, generator=generator, dtype=dtype or torch.float64).requires_grad_()


@pytest.mark.parametrize(("name", "options"), CASES)
def test_gradcheck(name: str, options: dict[str, Any]) -> None:
    assert torch.autograd.gradcheck(lambda z: getattr(en.torch, name)(z, **options), (samples(),))


@pytest.mark.parametrize(
    "name",
    ["hsic", "cka", "mmd2", "cs_divergence", "matrix_mutual_information", "matrix_joint_entropy", "matrix_conditional_entropy"],
)
def test_gradcheck_of_two_sample_matrices(name: str) -> None:
    function, y = getattr(en.torch, name), samples(seed=5).detach()
    assert torch.autograd.gradcheck(lambda z: function(z, y, bandwidth=1.3), (samples(),))
    assert function(samples(), y=y, bandwidth=1.3) == function(samples(), y, bandwidth=1.3)
    with torch.no_grad():
        assert function(samples(), y).item() == getattr(en, name)(samples().detach(), y).value
    with pytest.raises(ValueError, match="y requires a gradient"):
        function(samples(), samples(seed=5))


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64"])
def test_value_and_gradient_have_the_type_of_the_input(dtype: str) -> None:
    z = samples().detach().to(getattr(torch, dtype)).requires_grad_()
    value = en.torch.vendi_score(z, order=2)
    assert value.dtype == z.dtype
    assert value.shape == ()
    (3 * value).backward()
    assert z.grad.dtype == z.dtype
    e, g = en.value_and_gradient("vendi_score", z.detach().double().numpy(), order=2)
    assert torch.equal(value.detach(), torch.tensor(e.value, dtype=z.dtype))
    assert torch.equal(z.grad, 3 * torch.from_numpy(g).to(z.dtype))


def test_it_is_part_of_a_longer_chain() -> None:
    weight = samples(4, 3, seed=1)
    x = samples(8, 4, seed=2).detach()

    def loss(w: Any) -> Any:
        return (x @ w).square().mean() - 0.1 * en.torch.von_neumann_entropy(torch.tanh(x @ w).T.contiguous().T)

    assert torch.autograd.gradcheck(loss, (weight,))


def test_finite_where_differentiating_eigenvalues_is_not() -> None:
    z = torch.zeros(5, 4, dtype=torch.float64)
    z[:, 0] = torch.tensor([1.0, 2.0, -1.0, 0.5, 3.0], dtype=torch.float64)
    z[:2, 1] = 1.0
    peer = z.clone().requires_grad_()
    peer_entropy(peer).backward()
    assert not torch.isfinite(peer.grad).all(), "eigenvalues at 0 and equal ones: the reason for a gradient of one's own"
    ours = z.clone().requires_grad_()
    en.torch.von_neumann_entropy(ours).backward()
    assert torch.isfinite(ours.grad).all()


def test_second_derivatives_are_refused() -> None:
    z = samples()
    (g,) = torch.autograd.grad(en.torch.von_neumann_entropy(z), z, create_graph=True)
    with pytest.raises(RuntimeError, match=r"entrospect.torch has no second derivatives"):
        g.square().sum().backward()


def test_without_gradients_it_is_the_value() -> None:
    z = samples()
    with torch.no_grad():
        plain = en.torch.effective_rank(z)
    assert not plain.requires_grad
    assert plain.item() == en.effective_rank(z.detach()).value
    assert not en.torch.effective_rank(z.detach()).requires_grad
    with torch.no_grad():  # compat ids have values
        assert en.torch.rankme(z, compat="rankme-paper").item() == en.rankme(z.detach(), compat="rankme-paper").value
    with pytest.raises(ValueError, match=r"compat = 'rankme-paper' has no gradient"):
        en.torch.rankme(z, compat="rankme-paper")


def test_a_vector_as_a_column_and_a_mask() -> None:
    z = torch.tensor([0.0, 1.0, 3.0], dtype=torch.float64, requires_grad=True)
    en.torch.matrix_entropy(z, bandwidth=1.0, as_column=True).backward()
    assert z.grad.numpy() == pytest.approx([-0.285611, 0.258678, 0.026934], abs=6e-7)
    rows = samples()
    en.torch.vendi_score(rows, mask=[1, 1, 0, 1, 1, 1]).backward()
    assert (rows.grad[2] == 0).all()
    assert (rows.grad[0] != 0).all()


def test_names_options_and_signatures_are_those_of_the_estimators() -> None:
    differentiable = {n for e in en.catalogue() if e["differentiable"] for n in (e["name"], *e["aliases"])}
    assert set(dir(en.torch)) == differentiable
    for name in differentiable:
        ours, original = inspect.signature(getattr(en.torch, name)), inspect.signature(getattr(en, name))
        assert list(ours.parameters)[1:] == list(original.parameters)[1:]
    with pytest.raises(AttributeError, match=r"entrospect.torch has no 'dsmi': it has no gradient"):
        _ = en.torch.dsmi
    with pytest.raises(AttributeError, match=r"no attribute 'nothing'"):
        _ = en.torch.nothing
    with pytest.raises(TypeError, match=r"takes a torch.Tensor, not ndarray; entrospect.vendi_score takes other arrays"):
        en.torch.vendi_score(np.eye(3))


@pytest.fixture
def one_thread() -> Iterator[None]:
    """Threads cost these small networks more than they give."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def peer_entropy(z: Any) -> Any:
    """The same entropy by differentiating eigenvalues, with the NaN terms left out of the value as tools do."""
    rows = torch.nn.functional.normalize(z, dim=1)
    p = torch.linalg.eigvalsh(rows.T @ rows / len(rows))
    return (-(p * p.log())).nansum()


def train(coefficient: float, entropy: Any = None, dead: int = 0) -> tuple[float, float, Any]:
    """A few epochs on real digits: the loss before and after, and the hidden layer at the end. `dead` units never fire."""
    datasets = pytest.importorskip("sklearn.datasets", reason="scikit-learn brings the digits")
    digits = datasets.load_digits()
    x = torch.tensor(digits.data[:512] / 16, dtype=torch.float32)
    labels = torch.tensor(digits.target[:512])
    torch.manual_seed(0)
    hidden = torch.nn.Sequential(torch.nn.Linear(64, 32), torch.nn.ReLU())
    hidden[0].bias.data[:dead] = -100
    head = torch.nn.Linear(32, 10)
    optimizer = torch.optim.SGD([*hidden.parameters(), *head.parameters()], lr=0.5)
    losses = []
    for _ in range(15):
        for rows in torch.arange(512).split(128):
            z = hidden(x[rows])
            loss = torch.nn.functional.cross_entropy(head(z), labels[rows])
            losses.append(loss.item())
            if coefficient != 0:
                loss = loss - coefficient * (entropy or en.torch.von_neumann_entropy)(z)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            if hidden[0].weight.isnan().any():
                return losses[0], losses[-1], hidden(x).detach()
    return losses[0], losses[-1], hidden(x).detach()


@pytest.mark.usefixtures("one_thread")
def test_as_a_regularizer_it_raises_the_entropy_of_a_real_network() -> None:
    (first, plain_loss, plain), (_, spread_loss, spread), (_, _, collapsed) = train(0.0), train(0.1), train(-0.1)
    assert plain_loss < 0.8 * first
    assert spread_loss < 0.8 * first
    of_plain, of_spread, of_collapsed = (en.von_neumann_entropy(z).value for z in (plain, spread, collapsed))
    assert of_spread > of_plain + 0.1  # of at most ln 32 = 3.47
    assert of_collapsed < of_plain - 0.1


@pytest.mark.usefixtures("one_thread")
def test_units_that_never_fire_do_not_stop_the_training() -> None:
    """They are exact zero eigenvalues, at which differentiating eigenvalues gives NaN and destroys every weight."""

    def entropy(z: Any) -> Any:  # of the rows in which any unit fires
        return en.torch.von_neumann_entropy(z, zero_rows="drop")

    first, _, plain = train(0.0, dead=4)
    _, last, spread = train(0.1, entropy, dead=4)
    assert (spread[:, :4] == 0).all()
    assert torch.isfinite(spread).all()
    assert last < 0.8 * first
    of_plain, of_spread = (en.von_neumann_entropy(z, zero_rows="drop").value for z in (plain, spread))
    assert of_spread > of_plain + 0.1
    assert train(0.1, peer_entropy, dead=4)[2].isnan().any()
