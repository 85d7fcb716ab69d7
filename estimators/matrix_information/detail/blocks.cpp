#include "entrospect/estimators/matrix_information/detail/blocks.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdlib>
#include <limits>

#include "entrospect/core/errors.hpp"
#include "entrospect/core/parallel.hpp"
#include "entrospect/core/sum.hpp"
#include "entrospect/estimators/dependence/pair.hpp"
#include "entrospect/estimators/functional.hpp"
#include "entrospect/estimators/spectral_entropy/tool_rules.hpp"
#include "entrospect/spectral/gradient.hpp"
#include "entrospect/spectral/permuted_products.hpp"
#include "entrospect/spectral/products.hpp"

namespace entrospect::detail {
namespace {

std::string factor_key(const SampleMatrix& x, const Kernel& kernel, double bandwidth, Diagonal diagonal) {
  std::string key =
      "factor matrix|" + x.identity() + "|" + std::string(name(kernel.kind)) + "|" + std::to_string(static_cast<int>(diagonal));
  for (const double number : {bandwidth, kernel.degree, kernel.offset}) key += "|" + std::to_string(std::bit_cast<std::uint64_t>(number));
  return key;
}

// H_4 = -ln(tr A^4) / 3 without eigenvalues.
double fourth_order_entropy(const SymmetricMatrix<double>& k, const Context& context) {
  return renyi_entropy_of_fourth_powers(k.trace(), fourth_powers(k, context));
}

void check_plan(const BlockPlan& plan, const Estimate& e) {
  if (plan.side == Side::covariance)
    throw InvalidArgument(
        e.estimator +
        ": side = 'cov' is refused: covariances of different features have no joint; only n x n kernel matrices over the same "
        "rows may be multiplied. Use side = 'gram'");
  refuse_single(e, plan.solver.precision, plan.order < 1, "orders below 1 depend on small eigenvalues");
  refuse_tool_order(e, plan.order);
}

}  // namespace

const Choices<Diagonal>& diagonal_choices() {
  static const Choices<Diagonal> choices{{"error", Diagonal::error}, {"normalize", Diagonal::normalize}};
  return choices;
}

Blocks::Blocks(std::span<const SampleMatrix> samples, const EstimatorCard& card, const BlockPlan& plan, Estimate& e, const Context& context)
    : plan_(plan), e_(&e), context_(&context), x_(samples.front()) {
  check_plan(plan, e);
  const bool given = plan.kernel.kind == KernelKind::precomputed;
  // The tools do not look at the diagonal.
  if (!e.compat.empty() && plan_.diagonal == Diagonal::error) plan_.diagonal = Diagonal::any;
  for (std::size_t i = 0; i < samples.size(); ++i) names_.push_back(sample_name(card, i));
  examine({samples.begin(), samples.end()}, names_, {given, false}, e, context);
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const SampleMatrix& x = samples[i];
    const std::string who = e.estimator + (samples.size() > 1 ? ": " + names_[i] : ""), prefix = i == 0 ? "" : names_[i] + "_";
    Diagnostics unused;
    Kernel kernel;
    naming(who, [&] { kernel = tool_kernel(e.compat, plan.kernel, x, plan.seed, unused, context); });
    const double bandwidth = given ? 1 : named_bandwidth(x, names_[i], prefix, kernel, plan.seed, e, context);
    if (i == 0) kernel_ = kernel;
    if (i == 0) bandwidth_ = bandwidth;
    ranks_.push_back(has_feature_side(kernel.kind) ? std::min(x.n(), x.d()) : x.n());
    const auto compute = [&] { return factor_matrix(x, kernel, bandwidth, plan_.diagonal, context); };
    keys_.push_back(factor_key(x, kernel, bandwidth, plan_.diagonal));
    naming(who, [&] {
      matrices_.push_back(context.memo == nullptr ? std::make_shared<const SymmetricMatrix<double>>(compute())
                                                  : context.memo->get_or_compute<SymmetricMatrix<double>>(keys_.back(), compute));
    });
    if (given) stored_epsilon_ = std::max(stored_epsilon_, machine_epsilon(x.dtype()));
  }
  // A product may hide that one of the given matrices is not positive semi-definite.
  for (std::size_t i = 0; given && e.compat.empty() && i < samples.size(); ++i) (void)entropy({i});
  e.backend_requested = name(plan.solver.backend);
}

void Blocks::add(std::string name, SymmetricMatrix<double> matrix) {
  names_.push_back(std::move(name));
  ranks_.push_back(matrix.n());
  keys_.emplace_back();  // nothing names the matrix: its entropies are not shared
  matrices_.push_back(std::make_shared<const SymmetricMatrix<double>>(std::move(matrix)));
}

// Of a matrix that was given, only eigenvalues tell whether it is positive semi-definite. yu takes absolute values, repitl drops negatives.
bool Blocks::norms_suffice() const {
  return (plan_.order == 2 || plan_.order == 4) && e_->compat.empty() && plan_.kernel.kind != KernelKind::precomputed &&
         plan_.solver.precision != Precision::single;
}

double Blocks::entropy_of(SymmetricMatrix<double> product) const {
  if (norms_suffice() && plan_.order == 4) return fourth_order_entropy(product, *context_);
  return entropy_of(solved(std::move(product)));
}

double Blocks::entropy_of(const Spectrum& s, const std::string& matrix) const {
  return e_->compat.empty() ? renyi_entropy(s, plan_.order, e_->estimator + matrix) : tool_entropy(e_->compat, s, plan_.order, s.n);
}

Spectrum Blocks::solved(SymmetricMatrix<double> product) const {
  Spectrum s = spectrum(std::move(product), {plan_.solver, plan_.seed, !norms_suffice()}, *context_);
  s.psd_tolerance = std::max(s.psd_tolerance, 4 * std::sqrt(static_cast<double>(s.n)) * stored_epsilon_);
  return s;
}

std::string Blocks::key_of(const Set& set) const {
  std::string key = "joint spectrum|" + std::to_string(static_cast<int>(plan_.solver.backend)) + "|" +
                    std::to_string(static_cast<int>(plan_.solver.precision)) + "|" + std::to_string(plan_.solver.lapack_threads) +
                    (norms_suffice() ? "|norms" : "");
  for (const std::size_t i : set) key += "|" + keys_[i];
  return key;
}

double Blocks::entropy(const Set& set) {
  if (const auto found = entropies_.find(set); found != entropies_.end()) return found->second;
  std::vector<const SymmetricMatrix<double>*> factors;
  for (const std::size_t i : set) factors.push_back(matrices_[i].get());
  double nats = 0;
  if (norms_suffice() && plan_.order == 4) {
    nats = fourth_order_entropy(hadamard_product(factors, *context_), *context_);
    e_->backend_used = "norms";
  } else {
    const auto compute = [&] { return solved(hadamard_product(factors, *context_)); };
    const bool named = std::none_of(set.begin(), set.end(), [&](std::size_t i) { return keys_[i].empty(); });
    const auto s = context_->memo != nullptr && named ? context_->memo->get_or_compute<Spectrum>(key_of(set), compute)
                                                      : std::make_shared<const Spectrum>(compute());
    describe(*s);
    nats = entropy_of(*s, set.size() == 1 ? ": " + names_[set.front()] : "");
  }
  e_->diagnostics.set("entropy_" + text(set, "_"), nats);
  return entropies_[set] = nats;
}

void Blocks::describe(const Spectrum& s) {
  e_->backend_used = s.backend_used;
  e_->diagnostics.set("rank_tolerance", s.rank_tolerance);
  for (const char* key : {"precision", "lapack_threads"})
    if (const DiagnosticValue* value = s.diagnostics.find(key)) e_->diagnostics.set(key, *value);
  if (s.status != Status::ok && e_->ok()) e_->flag(s.status, s.reason);
}

double Blocks::permuted_entropy(std::span<const std::size_t> p) const {
  return entropy_of(permuted_hadamard_product(matrix(0), matrix(1), p, *context_));
}

std::vector<double> Blocks::permuted_entropies(std::size_t count, const Permutation& permutation) const {
  std::vector<double> out(count);
  if (plan_.order == 2 && e_->compat.empty()) {
    // |A o P B P^T|_F^2 = sum_ij A_ij^2 B_p(i)p(j)^2: products of the squared matrices, no eigenvalues and no copies.
    const auto squared = [&](std::size_t i) {
      const SymmetricMatrix<double>* twice[] = {&matrix(i), &matrix(i)};
      return hadamard_product(twice, *context_);
    };
    const PermutationSource source = [&](std::size_t m, std::span<std::uint32_t> rows) {
      const std::vector<std::size_t> p = permutation(m);
      std::transform(p.begin(), p.end(), rows.begin(), [](std::size_t row) { return static_cast<std::uint32_t>(row); });
    };
    const double trace = matrix(0).trace();  // unit diagonals: n, whatever the permutation
    out = permuted_products(squared(0), squared(1), count, source, *context_);
    for (double& v : out) v = renyi_entropy_of_norms(trace, v);
    return out;
  }
  parallel_for(*context_, count, [&](std::size_t m) { out[m] = permuted_entropy(permutation(m)); });
  return out;
}

double Blocks::value(const Sum& sum) {
  entrospect::Sum total;
  for (const auto& [sign, set] : sum) total.add(sign * entropy(set));
  return total.value();
}

Blocks::Factors Blocks::scaled(const Sum& sum, double factor) {
  Factors out;
  for (const auto& [sign, set] : sum) add(out, sign * factor, set);
  return out;
}

void Blocks::add(Factors& to, double factor, const Set& set) {
  const auto same = std::find_if(to.begin(), to.end(), [&](const auto& term) { return term.second == set; });
  if (same == to.end())
    to.emplace_back(factor, set);
  else
    same->first += factor;
}

// dH(A)/dK_0 = dH/dA o (the other factors of A), summed, then through the diagonal and the kernel of K_0.
SampleGradient Blocks::gradient(const Factors& factors) const {
  if (plan_.kernel.kind == KernelKind::precomputed)
    refuse_gradient(*e_, "kernel = 'precomputed'", "the matrix does not say how it came from samples; pass samples and a kernel's name");
  if (plan_.solver.precision == Precision::single) refuse_gradient(*e_, "precision = 'single'", "use precision = 'double'");
  const std::size_t n = matrix(0).n();
  SymmetricMatrix<double> total(n);
  std::fill_n(total.data(), n * n, 0.0);
  std::string nonsmooth;
  for (const auto& [factor, set] : factors) {
    if (factor == 0 || set.front() != 0) continue;
    std::vector<const SymmetricMatrix<double>*> all;
    std::size_t rank = 1;
    for (const std::size_t i : set) {
      all.push_back(matrices_[i].get());
      rank = std::min(n, rank * ranks_[i]);
    }
    Decomposition decomposition;
    SpectrumOptions options =
        spectrum_options(plan_.solver, plan_.seed, norms_suffice() ? norms_for(plan_.order, plan_.solver.precision) : Norms::none, 0, {});
    options.decomposition = &decomposition;
    const Spectrum s = spectrum(hadamard_product(all, *context_), options, *context_);
    const Derivative slopes = entropy_derivative(s, plan_.order, 1, factor, rank, e_->estimator);
    if (nonsmooth.empty()) nonsmooth = slopes.nonsmooth;
    const SymmetricMatrix<double> g = matrix_gradient(decomposition, slopes.slopes, *context_);
    all.front() = &g;
    const SymmetricMatrix<double> product = hadamard_product(all, *context_);
    for (std::size_t i = 0; i < n * n; ++i) total.data()[i] += product.data()[i];
  }
  const Gram affinity{kernel_, Side::gram, {}, plan_.diagonal == Diagonal::normalize, false};
  const auto raw = gram_matrix<double>(x_, kernel_, bandwidth_, *context_);  // before its diagonal was made 1
  SampleGradient out = gram_gradient(x_, affinity, bandwidth_, raw, std::move(total), *context_);
  if (!nonsmooth.empty()) out.nonsmooth = nonsmooth;
  return out;
}

void Blocks::differentiate(Differentiation* wanted, const Factors& factors) const {
  if (wanted != nullptr && std::isfinite(e_->value)) wanted->finish(*e_, PreparedRows{x_, {}, false, false}, gradient(factors));
}

std::string Blocks::text(const Set& set, const std::string& between) const {
  std::string out;
  for (const std::size_t i : set) out += (out.empty() ? "" : between) + names_[i];
  return out;
}

std::string Blocks::entropy_step(const Set& set) { return "H(" + text(set, ", ") + ") = " + shown(entropy(set)) + " nats"; }

std::string Blocks::steps(const std::string& symbol, const Sum& sum) {
  std::string out, line = symbol + " = ";
  std::vector<Set> told;
  bool first = true;
  for (const auto& [sign, set] : sum) {
    if (std::find(told.begin(), told.end(), set) == told.end()) out += entropy_step(set) + "; ";
    told.push_back(set);
    const std::string times = std::abs(sign) == 1 ? "" : std::to_string(std::abs(sign)) + " * ";
    line += (first ? (sign < 0 ? "-" : "") : (sign < 0 ? " - " : " + ")) + times + shown(entropy(set));
    first = false;
  }
  return out + line + " = " + shown(value(sum)) + " nats";
}

Blocks::Set Blocks::all() const {
  Set out;
  for (std::size_t i = 0; i < count(); ++i) out.push_back(i);
  return out;
}

Blocks::Set Blocks::all_but(std::size_t left_out) const {
  Set out = all();
  out.erase(out.begin() + static_cast<std::ptrdiff_t>(left_out));
  return out;
}

std::string Blocks::kernels() const { return kernel_text(plan_.kernel, *e_) + "; "; }

void set_formulas(EstimatorCard& card, const std::string& formula) {
  const std::string joint = ", A the entrywise product of the kernel matrices of the variables named";
  card.formula = formula + ", H_q = ln(sum p^q) / (1 - q), H_1 = -sum p ln p, p eigenvalues of A / tr A" + joint;
  const std::string bits = "bits";
  card.conventions = {
      {"paper", false, "", {}, {}},
      {"repitl",
       true,
       formula + ", H_q as above, p positive eigenvalues of A over their sum; order 2: -ln(|A|_F^2 / n^2)" + joint,
       {{"bandwidth", std::string("sqrt_half_d")}},
       {"negative eigenvalues are dropped and the rest is renormalized; diagonals are not looked at",
        "order 2 takes |A|_F^2 / n^2, right only if tr A = n: orders 2 and 2.0001 disagree otherwise",
        "Laplacian kernels have an extra 1 / sqrt 2 in the exponent"}},
      {"yu",
       true,
       formula + ", H_q = ln(sum |lam|^q) / (1 - q), lam eigenvalues of A / tr A" + joint +
           "; the Gaussian kernel is exp(-|a-b|^2 / s), s the bandwidth given as a number",
       {{"unit", bits}, {"order", 1.01}},
       {"a number given as bandwidth is s = 2 sigma^2", "negative eigenvalues count with their absolute value, not renormalized",
        "diagonals are not looked at", "order 1 divides by zero in the tool and is refused here; its users write 1.01"}},
  };
}

void set_blocks(Estimate& e, double nats, double cap_nats, Unit unit, std::string steps) {
  set_entropy(e, nats, cap_nats, unit);
  e.substituted = std::move(steps) + unit_step(nats, unit);
}

Footprint blocks_footprint(std::size_t matrices, std::size_t n) {
  const double one = 8 * static_cast<double>(n) * static_cast<double>(n);
  return {false, one * static_cast<double>(matrices + 2), one};
}

}  // namespace entrospect::detail
