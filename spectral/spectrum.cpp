#include "entrospect/spectral/spectrum.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <type_traits>
#include <utility>

#include "entrospect/core/errors.hpp"
#include "entrospect/spectral/affinity.hpp"
#include "entrospect/spectral/decomposition.hpp"
#include "entrospect/spectral/dense.hpp"
#include "entrospect/spectral/eigenvectors.hpp"
#include "entrospect/spectral/hadamard.hpp"
#include "entrospect/spectral/lanczos.hpp"
#include "entrospect/spectral/products.hpp"
#include "entrospect/spectral/symmetrize.hpp"

namespace entrospect {

const Choices<Side>& side_choices() {
  static const Choices<Side> choices{{"auto", Side::automatic}, {"gram", Side::gram}, {"cov", Side::covariance}};
  return choices;
}

namespace {

// Asymmetry and deviations of a diagonal from 1 that come from rounding in the type the data are stored in.
double rounding_tolerance(DType type) { return std::max(1e-10, 16 * machine_epsilon(type)); }

// Solved in T; `stored` is the type that the entries are accurate to.
template <class T>
void set_tolerances(Spectrum& s, DType stored) {
  const auto order = static_cast<double>(s.size);
  s.psd_tolerance = std::max(1e-10 * order, 4 * std::sqrt(order) * machine_epsilon(stored));
  s.rank_tolerance = order * static_cast<double>(std::numeric_limits<T>::epsilon());
}

// The names and counts that every solver reports.
void describe_solver(Spectrum& s, Backend backend, const SpectrumOptions& options, bool float32) {
  s.backend_requested = name(options.solver.backend);
  s.backend_used = name(backend);
  s.diagnostics.set("order", static_cast<std::int64_t>(s.size));
  s.diagnostics.set("precision", std::string(float32 ? "single" : "double"));
}

// Fills in the leading eigenvalues of factor * a, whose squares have the sum `squares`. False, and nothing filled in, when an automatic
// choice of this solver gave up.
bool solve_leading(Spectrum& s, const SymmetricOperator& a, double factor, std::optional<double> squares, const SpectrumOptions& options,
                   const Context& context) {
  const bool automatic = options.solver.backend == Backend::automatic;
  const std::size_t most = options.most_products > 0 ? options.most_products : automatic ? lanczos_products(a.size()) : 0;
  detail::LeadingEigenvalues found = detail::leading_eigenvalues(a, options.leading, squares, options.seed, context, most);
  if (automatic && (found.gave_up || found.status == Status::not_converged)) {
    s.diagnostics.set("lanczos_gave_up_after", static_cast<std::int64_t>(found.products));
    return false;
  }
  s.complete = false;
  s.values = std::move(found.values);
  s.residuals = std::move(found.residuals);
  for (double& value : s.values) value *= factor;
  for (double& residual : s.residuals) residual *= factor;
  s.status = found.status;
  s.reason = std::move(found.reason);
  s.diagnostics.set("products", static_cast<std::int64_t>(found.products));
  s.diagnostics.set("found_by_probe", static_cast<std::int64_t>(found.found_by_probe));
  return true;
}

bool single(const SpectrumOptions& options) { return options.solver.precision == Precision::single; }

// factor * a, for a derivative that is linear in it.
template <class T>
void keep_matrix(SymmetricMatrix<T> a, double factor, Decomposition* wanted) {
  if constexpr (std::is_same_v<T, double>) {
    if (wanted == nullptr) return;
    std::for_each(a.data(), a.data() + a.n() * a.n(), [factor](double& v) { v *= factor; });
    wanted->matrix = std::move(a);
  }
}

// Eigenvalues of a, with their vectors when a gradient is wanted.
template <class T>
detail::DenseEigenvalues eigenvalues(SymmetricMatrix<T> a, Backend backend, unsigned threads, Decomposition* wanted,
                                     const Context& context) {
  if constexpr (std::is_same_v<T, double>) {
    if (wanted != nullptr) {
      detail::DenseEigenvectors pairs = detail::dense_eigenvectors(std::move(a), backend, threads, context);
      wanted->vectors = std::move(pairs.vectors);
      return {std::move(pairs.values), pairs.status, std::move(pairs.reason)};
    }
  }
  return detail::dense_eigenvalues(std::move(a), backend, threads, context);
}

// A sum of powers of eigenvalues, unless it left the normal range of float64, before or after its factor: then it says nothing.
std::optional<double> power_sum(double raw, double factor) {
  const double scaled = raw * factor;
  if (std::min(raw, scaled) > 1e-250 && std::isfinite(std::max(raw, scaled))) return scaled;
  return std::nullopt;
}

template <class T>
std::optional<double> fourth_power_sum(const SymmetricMatrix<T>& a, double factor, const Context& context) {
  if constexpr (std::is_same_v<T, double>)
    return power_sum(fourth_powers(a, context), std::pow(factor, 4));
  else
    throw InvalidArgument("sums of fourth powers need precision 'double'");
}

// Eigenvalues of factor * a. `stored` is the type that the entries of `a` are accurate to.
template <class T>
Spectrum solve(SymmetricMatrix<T> a, double factor, DType stored, const SpectrumOptions& options, const Context& context) {
  const std::size_t n = a.n();
  Spectrum s;
  s.size = s.max_rank = n;
  s.trace = a.trace() * factor;
  const double raw = a.frobenius2();
  s.frobenius2 = power_sum(raw, factor * factor);
  set_tolerances<T>(s, stored);
  const bool vectors = options.decomposition != nullptr;
  Backend backend =
      vectors ? detail::select_vector_backend(n, options.solver.backend) : select_backend(n, options.solver.backend, options.leading);
  const unsigned threads = std::max(options.solver.lapack_threads, 1U);
  const auto describe = [&] {
    describe_solver(s, backend, options, sizeof(T) == sizeof(float));
    if (backend == Backend::lapack_one_stage || backend == Backend::lapack_two_stage)
      s.diagnostics.set("lapack_threads", static_cast<std::int64_t>(threads));
  };
  describe();
  if (!std::isfinite(s.trace)) {  // solvers may not return from infinities
    s.values.assign(n, std::numeric_limits<double>::quiet_NaN());
    s.status = Status::nonfinite;
    s.reason = "the matrix has trace " + to_text(OptionValue(s.trace)) + ": the data overflow when squared, or are not finite";
    return s;
  }
  if (!options.values && options.fourth && s.frobenius2) s.fourth = fourth_power_sum(a, factor, context);
  if (!options.values && (options.fourth ? s.fourth : s.frobenius2)) {
    s.complete = false;
    s.backend_used = "norms";
    keep_matrix(std::move(a), factor, options.decomposition);
    return s;
  }
  if (backend == Backend::lanczos) {
    MatrixOperator<T> kept(std::move(a));
    if (solve_leading(s, kept, factor, s.frobenius2 ? std::optional(raw) : std::nullopt, options, context)) return s;
    a = std::move(kept).release();
    backend = select_backend(n, options.solver.backend);
    describe();
  }
  detail::DenseEigenvalues result = eigenvalues(std::move(a), backend, threads, options.decomposition, context);
  s.values = std::move(result.values);
  for (double& value : s.values) value *= factor;
  s.status = result.status;
  s.reason = std::move(result.reason);
  return s;
}

Spectrum solve_single(const SymmetricMatrix<double>& a, double factor, DType stored, const SpectrumOptions& options,
                      const Context& context) {
  const std::size_t n = a.n();
  double largest = 0;
  for (std::size_t i = 0; i < n * n; ++i) largest = std::max(largest, std::abs(a.data()[i]));
  if (!(largest > 0) || !std::isfinite(largest)) largest = 1;
  SymmetricMatrix<float> rounded(n);
  // Entries of at most 1: neither overflow nor underflow of what matters.
  for (std::size_t i = 0; i < n * n; ++i) rounded.data()[i] = static_cast<float>(a.data()[i] / largest);
  Spectrum s = solve(std::move(rounded), factor * largest, stored, options, context);
  s.trace = a.trace() * factor;
  return s;
}

Spectrum solve_in(SymmetricMatrix<double> a, double factor, DType stored, const SpectrumOptions& options, const Context& context) {
  return single(options) ? solve_single(a, factor, stored, options, context) : solve(std::move(a), factor, stored, options, context);
}
Spectrum solve_in(SymmetricMatrix<float> a, double factor, DType stored, const SpectrumOptions& options, const Context& context) {
  return solve(std::move(a), factor, stored, options, context);
}

void describe_samples(Spectrum& s, const SampleMatrix& x, const char* side, std::size_t max_rank) {
  s.n = x.n();
  s.d = x.d();
  s.side = side;
  s.max_rank = std::min(max_rank, s.size);
  s.rank_tolerance *= static_cast<double>(std::max(x.n(), x.d())) / static_cast<double>(s.size);
  s.diagnostics.set("side", s.side);
  if (s.status == Status::ok && s.trace <= 0) {
    s.status = Status::degenerate;
    s.reason = "the matrix has no positive trace: the samples carry no variation";
  }
}

std::size_t feature_rank(const SampleMatrix& x) { return std::min(x.n() - (x.is_centered() ? 1 : 0), x.d()); }

void require_samples(const SampleMatrix& x) {
  if (x.n() == 0 || x.d() == 0)
    throw InvalidArgument("samples are " + std::to_string(x.n()) + " x " + std::to_string(x.d()) + "; at least 1 x 1 is needed");
}

const Kernel kLinear{KernelKind::linear, 1.0, 1, 0};

Spectrum compute(const SampleMatrix& x, const Covariance& affinity, const SpectrumOptions& options, const Context& context) {
  if (!(affinity.denominator > 0) || !std::isfinite(affinity.denominator))
    throw InvalidArgument("covariance denominator must be in (0, inf), not " + to_text(OptionValue(affinity.denominator)));
  const double factor = 1 / affinity.denominator;
  const bool covariance = affinity.side == Side::covariance || (affinity.side == Side::automatic && x.d() <= x.n());
  const DType stored = single(options) ? DType::f32 : DType::f64;
  Spectrum s;
  if (covariance)
    s = solve_in(single(options) ? scatter_matrix<float>(x, {}, context) : scatter_matrix<double>(x, {}, context), factor, stored, options,
                 context);
  else if (single(options))
    s = solve_in(gram_matrix<float>(x, kLinear, 1, context), factor, stored, options, context);
  else
    s = solve_in(gram_matrix<double>(x, kLinear, 1, context), factor, stored, options, context);
  describe_samples(s, x, covariance ? "covariance" : "gram", feature_rank(x));
  return s;
}

std::vector<double> diagonal_of(const auto& k) {
  std::vector<double> out(k.n());
  for (std::size_t i = 0; i < k.n(); ++i) out[i] = static_cast<double>(k(i, i));
  return out;
}

// The d x d side of a linear or cosine kernel: every weight and normalisation of K becomes a weight of the rows.
Spectrum compute_feature_side(const SampleMatrix& x, const Gram& affinity, const SpectrumOptions& options, const Context& context) {
  const bool normalize = affinity.kernel.kind == KernelKind::cosine || affinity.normalize_diagonal;
  std::vector<double> weights = affinity.weights;
  if (normalize || affinity.require_unit_diagonal) {
    const std::vector<double> norms = detail::squared_norms(x, context);
    if (normalize) {
      detail::check_positive_diagonal(norms, name(affinity.kernel.kind));
      if (weights.empty()) weights.assign(x.n(), 1.0);
      for (std::size_t i = 0; i < x.n(); ++i) weights[i] /= norms[i];
    } else {
      detail::check_unit_diagonal(norms, rounding_tolerance(x.dtype()));
    }
  }
  Spectrum s = solve_in(single(options) ? scatter_matrix<float>(x, weights, context) : scatter_matrix<double>(x, weights, context), 1,
                        single(options) ? DType::f32 : DType::f64, options, context);
  describe_samples(s, x, "covariance", feature_rank(x));
  return s;
}

template <class T>
Spectrum compute_gram_side(SymmetricMatrix<T> k, const SampleMatrix& x, const Gram& affinity, DType stored, const SpectrumOptions& options,
                           const Context& context) {
  if (affinity.normalize_diagonal || affinity.require_unit_diagonal || !affinity.weights.empty()) {
    std::vector<double> diagonal = diagonal_of(k);
    std::vector<double> scale(x.n(), 1.0);
    if (affinity.normalize_diagonal) {
      detail::check_positive_diagonal(diagonal, name(affinity.kernel.kind));
      for (std::size_t i = 0; i < x.n(); ++i) scale[i] = 1 / std::sqrt(diagonal[i]);
      diagonal.assign(x.n(), 1.0);
    } else if (affinity.require_unit_diagonal) {
      detail::check_unit_diagonal(diagonal, rounding_tolerance(stored));
    }
    for (std::size_t i = 0; i < affinity.weights.size(); ++i) {
      scale[i] *= std::sqrt(affinity.weights[i]);
      diagonal[i] *= affinity.weights[i];
    }
    if (affinity.normalize_diagonal || !affinity.weights.empty()) {
      detail::scale_both_sides(k, scale, context);
      for (std::size_t i = 0; i < x.n(); ++i) k(i, i) = static_cast<T>(diagonal[i]);
    }
  }
  Spectrum s = solve_in(std::move(k), 1, stored, options, context);
  describe_samples(s, x, "gram", has_feature_side(affinity.kernel.kind) ? feature_rank(x) : x.n());
  return s;
}

void add_front(Spectrum& s, const Diagnostics& first) {
  Diagnostics merged = first;
  for (const auto& [key, value] : s.diagnostics.items()) merged.set(key, value);
  s.diagnostics = std::move(merged);
}

// The kernel matrix of the samples, handed to `use` in the type it was computed in.
template <class Use>
Spectrum with_kernel_matrix(const SampleMatrix& x, const Kernel& kernel, const SpectrumOptions& options, const Context& context, Use use) {
  if (kernel.kind == KernelKind::precomputed)
    return use(precomputed_matrix(x, rounding_tolerance(x.dtype()), context), single(options) ? DType::f32 : x.dtype());
  Diagnostics diagnostics;
  const double bandwidth = resolve_bandwidth(x, kernel, options.seed, diagnostics, context);
  const auto in_double = [&] {
    SymmetricMatrix<double> k = gram_matrix<double>(x, kernel, bandwidth, context);
    if (options.decomposition != nullptr) {
      options.decomposition->kernel = k.copy();
      options.decomposition->bandwidth = bandwidth;
    }
    return use(std::move(k), DType::f64);
  };
  Spectrum s = single(options) ? use(gram_matrix<float>(x, kernel, bandwidth, context), DType::f32) : in_double();
  add_front(s, diagnostics);
  return s;
}

Spectrum compute(const SampleMatrix& x, const Gram& affinity, const SpectrumOptions& options, const Context& context) {
  if (!affinity.weights.empty()) detail::check_weights(affinity.weights, x.n());
  const KernelKind kind = affinity.kernel.kind;
  if (affinity.side == Side::covariance && !has_feature_side(kind))
    throw InvalidArgument("kernel '" + std::string(name(kind)) + "' has no covariance side; side must be 'auto' or 'gram'");
  if (has_feature_side(kind) && (affinity.side == Side::covariance || (affinity.side == Side::automatic && x.d() < x.n())))
    return compute_feature_side(x, affinity, options, context);
  return with_kernel_matrix(x, affinity.kernel, options, context,
                            [&](auto k, DType stored) { return compute_gram_side(std::move(k), x, affinity, stored, options, context); });
}

void check_anisotropy(double anisotropy) {
  if (!(anisotropy >= 0) || !std::isfinite(anisotropy))
    throw InvalidArgument("anisotropy must be in [0, inf), not " + to_text(OptionValue(anisotropy)));
}

Spectrum compute(const SampleMatrix& x, const Diffusion& affinity, const SpectrumOptions& options, const Context& context) {
  check_anisotropy(affinity.anisotropy);
  return with_kernel_matrix(x, affinity.kernel, options, context, [&](auto k, DType stored) {
    DiffusionScales scales = detail::make_diffusion(k, affinity.anisotropy, context);
    if (options.decomposition != nullptr) options.decomposition->diffusion = std::move(scales);
    Spectrum s = solve_in(std::move(k), 1, stored, options, context);
    describe_samples(s, x, "gram", x.n());
    s.psd_tolerance = std::numeric_limits<double>::infinity();
    s.semidefinite = affinity.kernel.kind != KernelKind::precomputed;  // D^-1/2 K_a D^-1/2 is a congruence of K
    return s;
  });
}

Spectrum compute(const SampleMatrix& x, const NeighborGraph& affinity, const SpectrumOptions& options, const Context& context) {
  if (affinity.anisotropy) check_anisotropy(*affinity.anisotropy);
  if (options.decomposition != nullptr) throw InvalidArgument("a neighbor graph has no gradient: neighbors change by jumps");
  const NearestNeighbors near = nearest_neighbors(x, affinity.k, Metric::l2, context);
  SparseMatrix graph = neighbor_graph(near, affinity.weights, affinity.symmetrize, affinity.least_scale);
  if (affinity.anisotropy) detail::make_diffusion(graph, *affinity.anisotropy);
  Diagnostics diagnostics;
  diagnostics.set("graph_entries", static_cast<std::int64_t>(graph.values.size()));
  diagnostics.set("neighbors_searched_again", static_cast<std::int64_t>(near.searched_again));
  const SparseOperator a(std::move(graph));

  SpectrumOptions chosen = options;
  if (x.n() > kDenseGraphRows && options.solver.backend == Backend::automatic && lanczos_available() && !single(options)) {
    chosen.solver.backend = Backend::lanczos;
    if (chosen.leading == 0) chosen.leading = kGraphLeading;
    if (chosen.most_products == 0) chosen.most_products = 2000 + 40 * chosen.leading;
  }
  Spectrum s = spectrum(a, chosen, context);
  s.backend_requested = name(options.solver.backend);
  describe_samples(s, x, "gram", x.n());
  add_front(s, diagnostics);
  s.psd_tolerance = std::numeric_limits<double>::infinity();  // neither weights make a positive semi-definite matrix
  return s;
}

// Every field that an answer depends on, as text; numbers by their bits.
class Key {
 public:
  explicit Key(const SampleMatrix& x, const char* kind) : text_("spectrum|" + x.identity() + "|" + kind) {}
  Key& add(std::uint64_t value) {
    text_ += '|';
    text_ += std::to_string(value);
    return *this;
  }
  Key& add(double value) { return add(std::bit_cast<std::uint64_t>(value)); }
  template <class Enum>
  requires std::is_enum_v<Enum> Key& add(Enum value) { return add(static_cast<std::uint64_t>(value)); }
  Key& add(const Kernel& k) {
    add(k.kind).add(k.bandwidth.index());
    if (const double* number = std::get_if<double>(&k.bandwidth))
      add(*number);
    else
      add(std::get<BandwidthRule>(k.bandwidth));
    return add(k.degree).add(k.offset);
  }
  Key& add(const SpectrumOptions& o) {
    return add(o.solver.backend)
        .add(o.solver.precision)
        .add(std::uint64_t{o.solver.lapack_threads})
        .add(o.seed)
        .add(std::uint64_t{o.values})
        .add(std::uint64_t{o.leading})
        .add(std::uint64_t{o.most_products})
        .add(std::uint64_t{o.fourth});
  }
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  std::string text_;
};

Key key_of(const SampleMatrix& x, const Covariance& a) { return Key(x, "covariance").add(a.denominator).add(a.side); }
Key key_of(const SampleMatrix& x, const Gram& a) {
  Key key(x, "gram");
  key.add(a.kernel).add(a.side).add(std::uint64_t{a.normalize_diagonal}).add(std::uint64_t{a.require_unit_diagonal});
  for (const double weight : a.weights) key.add(weight);
  return key;
}
Key key_of(const SampleMatrix& x, const Diffusion& a) { return Key(x, "diffusion").add(a.kernel).add(a.anisotropy); }
Key key_of(const SampleMatrix& x, const NeighborGraph& a) {
  Key key(x, "neighbors");
  key.add(std::uint64_t{a.k}).add(a.weights).add(a.symmetrize).add(a.least_scale).add(std::uint64_t{a.anisotropy.has_value()});
  return key.add(a.anisotropy.value_or(0));
}

template <class Affinity>
std::shared_ptr<const Spectrum> remember(const SampleMatrix& x, const Affinity& affinity, const SpectrumOptions& options,
                                         const Context& context) {
  require_samples(x);
  if (options.decomposition != nullptr && single(options))
    throw InvalidArgument("precision = 'single' has no gradient; use precision = 'double'");
  const auto run = [&] { return compute(x, affinity, options, context); };
  if (context.memo == nullptr || options.decomposition != nullptr) return std::make_shared<const Spectrum>(run());
  return context.memo->get_or_compute<Spectrum>(key_of(x, affinity).add(options).text(), run);
}

template <class T>
Spectrum of_matrix(SymmetricMatrix<T> a, DType type, const SpectrumOptions& options, const Context& context) {
  if (a.n() == 0) throw InvalidArgument("a matrix of order 0 has no spectrum; the order must be at least 1");
  detail::check_and_symmetrize(a, rounding_tolerance(type), "matrix", context);
  const std::size_t n = a.n();
  Spectrum s = solve_in(std::move(a), 1, single(options) ? DType::f32 : type, options, context);
  s.n = s.d = n;
  s.side = "operator";
  s.diagnostics.set("side", s.side);
  return s;
}

// Without the matrix itself; nothing when an automatic choice gave up.
std::optional<Spectrum> of_operator(const SymmetricOperator& a, const SpectrumOptions& options, const Context& context) {
  if (single(options)) throw InvalidArgument("precision 'single': an operator multiplies in float64; use 'double'");
  Spectrum s;
  s.n = s.d = s.size = s.max_rank = a.size();
  s.trace = a.trace().value_or(std::numeric_limits<double>::quiet_NaN());
  s.frobenius2 = a.frobenius2();
  set_tolerances<double>(s, DType::f64);
  describe_solver(s, Backend::lanczos, options, false);
  if (!solve_leading(s, a, 1, s.frobenius2, options, context)) return std::nullopt;
  s.side = "operator";
  s.diagnostics.set("side", s.side);
  return s;
}

}  // namespace

std::shared_ptr<const Spectrum> spectrum(const SampleMatrix& x, const Covariance& affinity, const SpectrumOptions& options,
                                         const Context& context) {
  return remember(x, affinity, options, context);
}
std::shared_ptr<const Spectrum> spectrum(const SampleMatrix& x, const Gram& affinity, const SpectrumOptions& options,
                                         const Context& context) {
  return remember(x, affinity, options, context);
}
std::shared_ptr<const Spectrum> spectrum(const SampleMatrix& x, const Diffusion& affinity, const SpectrumOptions& options,
                                         const Context& context) {
  return remember(x, affinity, options, context);
}

std::shared_ptr<const Spectrum> spectrum(const SampleMatrix& x, const NeighborGraph& affinity, const SpectrumOptions& options,
                                         const Context& context) {
  return remember(x, affinity, options, context);
}

Spectrum spectrum(const SymmetricOperator& a, const SpectrumOptions& options, const Context& context) {
  SpectrumOptions complete = options;
  std::size_t products = 0;
  if (a.size() > 0 && select_backend(a.size(), options.solver.backend, options.leading) == Backend::lanczos) {
    if (auto s = of_operator(a, options, context)) return *std::move(s);
    products = options.most_products > 0 ? options.most_products : lanczos_products(a.size());
    complete.leading = 0;
  }
  Spectrum s = spectrum(a.dense(context), complete, context);
  if (products > 0) s.diagnostics.set("lanczos_gave_up_after", static_cast<std::int64_t>(products));
  if (const auto trace = a.trace()) s.trace = *trace;
  if (const auto squares = a.frobenius2()) s.frobenius2 = squares;
  return s;
}
Spectrum spectrum(SymmetricMatrix<double> a, const SpectrumOptions& options, const Context& context) {
  return of_matrix(std::move(a), DType::f64, options, context);
}
Spectrum spectrum(SymmetricMatrix<float> a, const SpectrumOptions& options, const Context& context) {
  return of_matrix(std::move(a), DType::f32, options, context);
}

}  // namespace entrospect
