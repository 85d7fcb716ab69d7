#include "entrospect/estimators/matrix_information/quantum_divergence.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "entrospect/core/errors.hpp"
#include "entrospect/core/sum.hpp"
#include "entrospect/estimators/dependence/pair.hpp"
#include "entrospect/estimators/detail/quantity.hpp"
#include "entrospect/estimators/functional.hpp"
#include "entrospect/estimators/spectral_entropy/fields.hpp"
#include "entrospect/estimators/spectral_entropy/preparation.hpp"
#include "entrospect/spectral/decomposition.hpp"
#include "entrospect/spectral/products.hpp"

namespace entrospect {
namespace {

using detail::Quantity;

constexpr double kToolFloor = 1e-10;

const Choices<KernelKind>& density_kernel_choices() {
  static const Choices<KernelKind> choices{{"linear", KernelKind::linear},
                                           {"cosine", KernelKind::cosine},
                                           {"gaussian", KernelKind::gaussian},
                                           {"laplacian_l1", KernelKind::laplacian_l1},
                                           {"laplacian_l2", KernelKind::laplacian_l2}};
  return choices;
}

// Each examined and prepared under its own name.
template <class O>
std::vector<SampleMatrix> prepared(const std::vector<SampleMatrix>& samples, const EstimatorCard& card, const O& o, bool directions,
                                   Estimate& e, const Context& context) {
  std::vector<SampleMatrix> out;
  for (std::size_t i = 0; i < samples.size(); ++i) {
    Estimate facts;
    facts.estimator = e.estimator + ": " + sample_name(card, i);
    out.push_back(
        prepare_rows(samples[i], {o.center, o.normalize, o.zero_rows, directions || o.normalize == Normalize::l2, false}, facts, context)
            .x);
    if (facts.d != out.front().d())
      throw InvalidArgument(facts.estimator + " has " + std::to_string(facts.d) + " features where '" + card.sample_names.front() +
                            "' has " + std::to_string(out.front().d()) + "; both must be the same ones");
    add_facts(facts, sample_name(card, i), i == 0, e);
    if (i > 0) e.diagnostics.set(sample_name(card, i) + "_n", static_cast<std::int64_t>(facts.n));
  }
  return out;
}

// A density matrix needs a positive trace.
bool positive_trace(double trace, const std::string& name, Estimate& e) {
  if (trace > 0) return true;
  e.flag(Status::degenerate, name + ": the rows have no variation, so there is no density matrix");
  return false;
}

// ---- Jensen-Shannon

void fill_jsd(const Inputs& inputs, const EstimatorCard& own, const QuantumJsdOptions& o, Estimate& e, const Context& context) {
  e.unit = o.unit;
  refuse_single(e, o.solver.precision, false, "");
  const bool cosine = o.kernel.kind == KernelKind::cosine;
  const std::vector<SampleMatrix> samples = prepared(inputs.samples, own, o, cosine, e, context);
  SampleMatrix all = stacked(samples, context);
  Kernel kernel = o.kernel;
  if (cosine) kernel.kind = KernelKind::linear;  // of rows divided by their norms
  if (has_bandwidth(kernel.kind)) kernel.bandwidth = named_bandwidth(all, "all rows", "", kernel, o.seed, e, context);

  std::vector<double> shares;
  for (const SampleMatrix& z : samples)
    shares.push_back(o.weights == MixtureWeights::equal ? 1 / static_cast<double>(samples.size())
                                                        : static_cast<double>(z.n()) / static_cast<double>(all.n()));
  const SpectrumOptions options{o.solver, o.seed};
  const double cap = renyi_entropy(shares, 1), none = std::numeric_limits<double>::quiet_NaN();
  Sum parts;
  std::vector<double> row_weights;
  std::string steps = kernel_text(o.kernel, e) + "; ", difference;
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const std::string name = sample_name(own, i);
    const auto s = spectrum(samples[i], Gram{kernel, o.side, {}, false, false}, options, context);
    if (!positive_trace(s->trace, name, e)) return set_entropy(e, none, cap, o.unit);
    const double h = renyi_entropy(*s, 1, e.estimator);
    e.diagnostics.set("entropy_" + name, h);
    parts.add(shares[i] * h);
    row_weights.insert(row_weights.end(), samples[i].n(), shares[i] / s->trace);
    steps += "H(" + name + ") = " + shown(h) + " nats; ";
    difference += " - " + shown(shares[i]) + " * " + shown(h);
  }
  const auto mixture = spectrum(all, Gram{kernel, o.side, std::move(row_weights), false, false}, options, context);
  const double whole = renyi_entropy(*mixture, 1, e.estimator), nats = whole - parts.value();
  e.backend_requested = mixture->backend_requested;
  e.backend_used = mixture->backend_used;
  e.diagnostics.set("entropy_mixture", whole);
  e.diagnostics.set("side", mixture->side);
  if (mixture->status != Status::ok && e.ok()) e.flag(mixture->status, mixture->reason);
  set_entropy(e, nats, cap, o.unit);
  e.substituted = steps + "H(mixture) = " + shown(whole) + " nats; JSD = " + shown(whole) + difference + " = " + shown(nats) + " nats" +
                  unit_step(nats, o.unit);
}

const Quantity<QuantumJsdOptions>& jsd() {
  using O = QuantumJsdOptions;
  static const auto out = [] {
    EstimatorCard c;
    c.name = "quantum_jsd";
    c.aliases = {"quantum_jensen_shannon_divergence"};
    c.summary = "How far representations are from each other as density matrices: entropy of their mixture less the mean of theirs.";
    c.formula =
        "JSD = H(sum_i w_i rho_i) - sum_i w_i H(rho_i), H = -tr rho ln rho, rho_i = Z_i^T Z_i / tr(Z_i^T Z_i), Z_i = x, y, .. after center "
        "and normalize, in the feature space of the kernel";
    c.unit = "entropy";
    c.range = "[0, H(w)]";
    c.cap = "H(w): ln 2 for two of equal weight";
    c.cost = "O(n d min(n, d)) for linear and cosine kernels, else O(n^2 d + n^3), n all rows";
    c.references = {
        "Majtey, Lamberti, Prato: Jensen-Shannon divergence as a measure of distinguishability between mixed quantum states, Phys. Rev. A "
        "2005",
        "Hoyos-Osorio, Sanchez Giraldo: The representation Jensen-Shannon divergence, arXiv 2305.16446, 2023"};
    c.sample_names = {"x", "y"};
    c.more_samples = true;
    c.paired = false;
    c.conventions = {{"paper", false, "", {}, {}}};
    Quantity<O> q{std::move(c), {}, {}};
    q.compute = [own = q.card](const Inputs& inputs, const O& o, Estimate& e, const Context& context) {
      fill_jsd(inputs, own, o, e, context);
    };
    q.footprint = [](const O& o, std::size_t n, std::size_t d) {
      return has_feature_side(o.kernel.kind) ? Footprint{false, covariance_footprint(n, d).bytes} : pairs_footprint(n);
    };
    fields::add_kernel_and_bandwidth(q.table, density_kernel_choices());
    q.table.choice(
        "weights", [](O& o) -> MixtureWeights& { return o.weights; },
        Choices<MixtureWeights>{{"equal", MixtureWeights::equal}, {"rows", MixtureWeights::rows}},
        "Of each representation in the mixture: 'equal', or by its number of 'rows'");
    fields::add_rows(q.table);
    fields::add_side(q.table);
    fields::add_solver(q.table);
    fields::add_seed(q.table, "Names the rows that the median rule draws for n > 4096");
    fields::add_entropy_unit(q.table);
    fields::add_convention(q.table, q.card);
    return q;
  }();
  return out;
}

// ---- relative entropy

struct Density {
  std::vector<double> p;        // descending
  std::vector<double> vectors;  // row r belongs to the r-th smallest
  double rank_tolerance = 0;
  std::size_t d = 0;
  [[nodiscard]] const double* vector(std::size_t i) const { return vectors.data() + (d - 1 - i) * d; }
};

std::optional<Density> density(const SampleMatrix& z, const std::string& name, Estimate& e, const Context& context) {
  Decomposition decomposition;
  SpectrumOptions options;
  options.decomposition = &decomposition;
  const Spectrum s = spectrum(scatter_matrix<double>(z, {}, context), options, context);
  e.backend_requested = s.backend_requested;
  e.backend_used = s.backend_used;
  if (s.status != Status::ok && e.ok()) e.flag(s.status, s.reason);
  if (!positive_trace(s.trace, name, e) || s.status == Status::nonfinite) return std::nullopt;
  Density out{psd_weights(s, e.estimator), std::move(decomposition.vectors), 0, z.d()};
  const double total = sum(out.p);
  for (double& v : out.p) v /= total;
  out.rank_tolerance = static_cast<double>(std::max(z.n(), z.d())) * std::numeric_limits<double>::epsilon();
  return out;
}

void fill_kl(const Inputs& inputs, const EstimatorCard& own, const QuantumKlOptions& o, Estimate& e, const Context& context) {
  e.unit = o.unit;
  const std::vector<SampleMatrix> samples = prepared(inputs.samples, own, o, false, e, context);
  const std::optional<Density> rho = density(samples[0], "x", e, context), tau = density(samples[1], "y", e, context);
  if (!rho || !tau) return set_number(e, std::numeric_limits<double>::quiet_NaN(), std::nullopt, o.unit);
  const bool tool = e.compat == "repitl";
  const std::size_t d = rho->d;
  // tr rho ln tau = sum_j ln t_j <v_j, rho v_j>, v_j the eigenvectors of tau.
  Sum cross, outside, own_entropy;
  for (std::size_t j = 0; j < d; ++j) {
    Sum mass;
    for (std::size_t i = 0; i < d; ++i) {
      const double p = tool ? std::max(rho->p[i], kToolFloor) : rho->p[i];
      if (p == 0) continue;
      double product = 0;
      for (std::size_t k = 0; k < d; ++k) product += rho->vector(i)[k] * tau->vector(j)[k];
      mass.add(p * product * product);
    }
    const double t = tool ? std::max(tau->p[j], kToolFloor) : tau->p[j];
    if (t > tau->rank_tolerance * tau->p.front())
      cross.add(-mass.value() * std::log(t));
    else
      outside.add(mass.value());
  }
  for (const double v : rho->p) {
    const double p = tool ? std::max(v, kToolFloor) : v;
    if (p > 0) own_entropy.add(-p * std::log(p));
  }
  const double share = outside.value();
  e.diagnostics.set("mass_outside_support", share);
  const bool infinite = share > 16 * static_cast<double>(d) * std::numeric_limits<double>::epsilon();
  const double nats = infinite ? std::numeric_limits<double>::infinity() : cross.value() - own_entropy.value();
  if (infinite)
    e.flag(Status::nonfinite, "the share " + shown(share) +
                                  " of x lies where y has no mass, so the divergence is infinite; take more rows of y, or "
                                  "quantum_jsd");
  set_number(e, nats, std::nullopt, o.unit);
  if (infinite) e.value = nats;
  e.substituted = "H(x) = " + shown(own_entropy.value()) + " nats; -tr rho ln tau = " + shown(infinite ? nats : cross.value()) +
                  " nats; KL = " + shown(infinite ? nats : cross.value()) + " - " + shown(own_entropy.value()) + " = " + shown(nats) +
                  " nats" + unit_step(nats, o.unit);
}

const Quantity<QuantumKlOptions>& kl() {
  using O = QuantumKlOptions;
  static const auto out = [] {
    EstimatorCard c;
    c.name = "quantum_kl";
    c.aliases = {"quantum_relative_entropy"};
    c.summary = "Relative entropy of one representation to another as density matrices.";
    c.formula = "KL = tr rho (ln rho - ln tau), rho = X^T X / tr(X^T X) and tau = Y^T Y / tr(Y^T Y) of x and y after center and normalize";
    c.unit = "entropy";
    c.range = "[0, inf]; inf where x has mass and y has none";
    c.cap = "none";
    c.cost = "O((n_x + n_y) d^2 + d^3)";
    c.references = {"Umegaki: Conditional expectation in an operator algebra IV, Kodai Math. Sem. Rep. 1962"};
    c.sample_names = {"x", "y"};
    c.paired = false;
    c.conventions = {
        {"paper", false, "", {}, {}},
        {"repitl",
         true,
         "KL = tr rho (ln rho - ln tau), rho = X^T X / tr(X^T X) and tau = Y^T Y / tr(Y^T Y) of x and y after center and normalize, their "
         "eigenvalues at least 1e-10",
         {},
         {"eigenvalues are floored at 1e-10, so the divergence stays finite (10.82 for diag(.5, .5) to diag(1, 0)) where it is infinite"}}};
    Quantity<O> q{std::move(c), {}, {}};
    q.compute = [own = q.card](const Inputs& inputs, const O& o, Estimate& e, const Context& context) {
      fill_kl(inputs, own, o, e, context);
    };
    q.footprint = [](const O&, std::size_t, std::size_t d) {
      return Footprint{false, 40 * static_cast<double>(d) * static_cast<double>(d)};
    };
    fields::add_rows(q.table);
    fields::add_entropy_unit(q.table);
    fields::add_convention(q.table, q.card);
    return q;
  }();
  return out;
}

}  // namespace

Estimate quantum_jsd(const std::vector<SampleMatrix>& samples, const QuantumJsdOptions& options, const Context& context) {
  return detail::estimate(jsd(), {samples, std::nullopt, {}}, options, context);
}
Estimate quantum_kl(const SampleMatrix& x, const SampleMatrix& y, const QuantumKlOptions& options, const Context& context) {
  return detail::estimate(kl(), {{x, y}, std::nullopt, {}}, options, context);
}

const EstimatorInfo& quantum_jsd_info() {
  static const EstimatorInfo info = detail::info_of(jsd());
  return info;
}
const EstimatorInfo& quantum_kl_info() {
  static const EstimatorInfo info = detail::info_of(kl());
  return info;
}

}  // namespace entrospect
