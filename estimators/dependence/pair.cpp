#include "entrospect/estimators/dependence/pair.hpp"

#include <memory>

#include "entrospect/core/errors.hpp"
#include "entrospect/core/row_loader.hpp"
#include "entrospect/estimators/spectral_entropy/preparation.hpp"
#include "entrospect/estimators/spectral_entropy/reporting.hpp"

namespace entrospect {
namespace {

// Rows that two loaders read, as one source of float64 rows.
class Joined final : public RowReader {
 public:
  Joined(const Pair& pair, bool side_by_side, const Context& context)
      : x_(pair.x, context), y_(pair.y, context), side_by_side_(side_by_side) {}

  void read(std::size_t first, std::size_t count, std::byte* out) const override {
    auto* const rows = reinterpret_cast<double*>(out);
    if (side_by_side_) {
      const std::size_t d = x_.d() + y_.d();
      x_.load(first, count, rows, d);
      y_.load(first, count, rows + x_.d(), d);
      return;
    }
    const std::size_t above = first < x_.n() ? std::min(count, x_.n() - first) : 0;
    if (above > 0) x_.load(first, above, rows, x_.d());
    if (above < count) y_.load(first + above - x_.n(), count - above, rows + above * x_.d(), x_.d());
  }

 private:
  RowLoader x_, y_;
  bool side_by_side_;
};

Estimate examined(const SampleMatrix& x, const std::string& who, bool kernel_matrix, const Context& context) {
  Estimate facts;
  facts.estimator = who;
  kernel_matrix ? prepare_kernel_matrix(x, {}, facts, context) : prepare_rows(x, {}, facts, context);
  return facts;
}

}  // namespace

void examine(const Pair& pair, bool kernel_matrices, Estimate& e, const Context& context) {
  const Estimate x = examined(pair.x, e.estimator + ": x", kernel_matrices, context);
  const Estimate y = examined(pair.y, e.estimator + ": y", kernel_matrices, context);
  e.n = x.n;
  e.d = x.d;
  for (const auto& [name, value] : x.diagnostics.items()) e.diagnostics.set(name, value);
  e.diagnostics.set("y_d", static_cast<std::int64_t>(y.d));
  for (const auto& [name, value] : y.diagnostics.items()) e.diagnostics.set("y_" + name, value);
  if (!x.ok()) e.flag(x.status, "x: " + x.reason);
  if (!y.ok()) e.flag(y.status, "y: " + y.reason);
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

SampleMatrix side_by_side(const Pair& pair, const Context& context) {
  return {std::make_shared<Joined>(pair, true, context), DType::f64, pair.x.n(), pair.x.d() + pair.y.d()};
}

SampleMatrix stacked(const Pair& pair, const Context& context) {
  return {std::make_shared<Joined>(pair, false, context), DType::f64, pair.x.n() + pair.y.n(), pair.x.d()};
}

std::string kernel_text(const Kernel& kernel, const Estimate& e) {
  std::string out = std::string(name(kernel.kind)) + " kernel";
  for (const std::string prefix : {"", "y_"})
    if (const DiagnosticValue* sigma = e.diagnostics.find(prefix + "bandwidth"))
      out += ", " + prefix + "sigma = " + shown(std::get<double>(*sigma));
  if (kernel.kind == KernelKind::polynomial) out += ", degree " + shown(kernel.degree) + ", offset " + shown(kernel.offset);
  return out;
}

}  // namespace entrospect
