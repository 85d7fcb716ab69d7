#include "entrospect/estimators/dependence/pair.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>

#include "entrospect/core/errors.hpp"
#include "entrospect/core/row_loader.hpp"
#include "entrospect/core/sum.hpp"
#include "entrospect/estimators/functional.hpp"
#include "entrospect/estimators/spectral_entropy/preparation.hpp"
#include "entrospect/estimators/spectral_entropy/reporting.hpp"
#include "entrospect/spectral/products.hpp"
#include "entrospect/spectral/spectrum.hpp"

namespace entrospect {
namespace {

// Rows that several loaders read, as one source of float64 rows.
class Joined final : public RowReader {
 public:
  Joined(const std::vector<SampleMatrix>& samples, bool side_by_side, const Context& context) : side_by_side_(side_by_side) {
    for (const SampleMatrix& x : samples) parts_.emplace_back(x, context);
  }
  [[nodiscard]] std::size_t n() const { return side_by_side_ ? parts_.front().n() : total(&RowLoader::n); }
  [[nodiscard]] std::size_t d() const { return side_by_side_ ? total(&RowLoader::d) : parts_.front().d(); }

  void read(std::size_t first, std::size_t count, std::byte* out) const override {
    auto* rows = reinterpret_cast<double*>(out);
    std::size_t before = 0;  // rows of the parts above
    for (const RowLoader& part : parts_) {
      if (side_by_side_) {
        part.load(first, count, rows, d());
        rows += part.d();
        continue;
      }
      const std::size_t from = std::max(first, before), to = std::min(first + count, before + part.n());
      if (from < to) part.load(from - before, to - from, rows + (from - first) * d(), d());
      before += part.n();
    }
  }

 private:
  std::size_t total(std::size_t (RowLoader::*size)() const) const {
    std::size_t out = 0;
    for (const RowLoader& part : parts_) out += (part.*size)();
    return out;
  }
  std::vector<RowLoader> parts_;
  bool side_by_side_;
};

SampleMatrix joined(const std::vector<SampleMatrix>& samples, bool side_by_side, const Context& context) {
  const auto reader = std::make_shared<Joined>(samples, side_by_side, context);
  return {reader, DType::f64, reader->n(), reader->d()};
}

}  // namespace

void add_facts(const Estimate& facts, const std::string& name, bool first, Estimate& e) {
  const std::string prefix = first ? "" : name + "_";
  if (first) {
    e.n = facts.n;
    e.d = facts.d;
  } else {
    e.diagnostics.set(prefix + "d", static_cast<std::int64_t>(facts.d));
  }
  for (const auto& [key, value] : facts.diagnostics.items()) e.diagnostics.set(prefix + key, value);
  if (!facts.ok()) e.flag(facts.status, name + ": " + facts.reason);
}

std::vector<SampleMatrix> examine(const std::vector<SampleMatrix>& samples, const std::vector<std::string>& names, const Examination& how,
                                  Estimate& e, const Context& context) {
  std::vector<SampleMatrix> out;
  for (std::size_t i = 0; i < samples.size(); ++i) {
    Estimate facts;
    facts.estimator = e.estimator + (samples.size() > 1 ? ": " + names[i] : "");
    RowPlan plan;
    plan.directions = how.directions;
    out.push_back(
        (how.kernel_matrices ? prepare_kernel_matrix(samples[i], {}, facts, context) : prepare_rows(samples[i], plan, facts, context)).x);
    add_facts(facts, names[i], i == 0, e);
  }
  return out;
}

void examine(const Pair& pair, bool kernel_matrices, Estimate& e, const Context& context) {
  examine({pair.x, pair.y}, {"x", "y"}, {kernel_matrices, false}, e, context);
}

SymmetricMatrix<double> kernel_matrix(const SampleMatrix& x, const Kernel& kernel, double bandwidth, const Context& context) {
  const double precision = x.dtype() == DType::f64 ? 0 : std::numeric_limits<float>::epsilon();
  return kernel.kind == KernelKind::precomputed ? precomputed_matrix(x, std::max(1e-10, 16 * precision), context)
                                                : gram_matrix<double>(x, kernel, bandwidth, context);
}

void require_positive(const SymmetricMatrix<double>& k, DType stored, const Context& context) {
  Spectrum s = spectrum(k.copy(), {}, context);
  s.psd_tolerance = std::max(s.psd_tolerance, 4 * std::sqrt(static_cast<double>(k.n())) * machine_epsilon(stored));
  (void)psd_weights(s, "kernel = 'precomputed'");
}

PackedRows packed_rows(const SampleMatrix& x, const Context& context) {
  PackedRows out{x.d(), std::vector<double>(x.n() * x.d())};
  RowLoader(x, context).load(0, x.n(), out.values.data(), x.d());
  return out;
}

double squared_distance(std::span<const double> a, std::span<const double> b) {
  double out = 0;
  for (std::size_t j = 0; j < a.size(); ++j) out += (a[j] - b[j]) * (a[j] - b[j]);
  return out;
}

void require_same_features(const SampleMatrix& x, const SampleMatrix& y, const std::string& x_name, const std::string& y_name,
                           const Estimate& e) {
  if (x.d() == y.d()) return;
  throw InvalidArgument(e.estimator + ": '" + y_name + "' has d = " + std::to_string(y.d()) + " features where '" + x_name + "' has " +
                        std::to_string(x.d()));
}

void naming(const std::string& who, const std::function<void()>& f) {
  try {
    f();
  } catch (const InvalidArgument& error) {
    throw InvalidArgument(who + ": " + error.what());
  }
}

double named_bandwidth(const SampleMatrix& x, const std::string& name, const std::string& prefix, const Kernel& kernel, std::uint64_t seed,
                       Estimate& e, const Context& context) {
  Diagnostics notes;
  double sigma = 1;
  naming(e.estimator + ": " + name, [&] { sigma = resolve_bandwidth(x, kernel, seed, notes, context); });
  for (const auto& [key, value] : notes.items()) e.diagnostics.set(prefix + key, value);
  if (notes.find("bandwidth_rows") != nullptr) e.seed = seed;
  return sigma;
}

double error_of_sum(std::span<const double> terms) {
  const auto count = static_cast<double>(terms.size());
  const double mean = sum(terms) / count;
  Sum squares;
  for (const double term : terms) squares.add((term - mean) * (term - mean));
  return std::sqrt(count / (count - 1) * squares.value());
}

void flag_apart(double between, const std::string& who, Estimate& e) {
  if (between == 0) e.flag(Status::nonfinite, "every kernel value between " + who + " is 0 in float64; raise the bandwidth");
}

double bandwidth_used(const Estimate& e, const std::string& prefix) {
  const DiagnosticValue* sigma = e.diagnostics.find(prefix + "bandwidth");
  return sigma == nullptr ? 1 : std::get<double>(*sigma);
}

SampleMatrix side_by_side(const std::vector<SampleMatrix>& samples, const Context& context) { return joined(samples, true, context); }

SampleMatrix stacked(const std::vector<SampleMatrix>& samples, const Context& context) { return joined(samples, false, context); }

std::string kernel_text(const Kernel& kernel, const Estimate& e) {
  std::string out = std::string(name(kernel.kind)) + " kernel";
  for (const auto& [key, value] : e.diagnostics.items())  // "bandwidth", "y_bandwidth", ...
    if (const std::size_t end = key.rfind("bandwidth"); end != std::string::npos && end + 9 == key.size())
      out += ", " + key.substr(0, end) + "sigma = " + shown(std::get<double>(value));
  if (kernel.kind == KernelKind::polynomial) out += ", degree " + shown(kernel.degree) + ", offset " + shown(kernel.offset);
  return out;
}

}  // namespace entrospect
