#include "entrospect/estimators/dependence/pair.hpp"

#include <memory>

#include "entrospect/core/errors.hpp"
#include "entrospect/core/row_loader.hpp"
#include "entrospect/estimators/spectral_entropy/preparation.hpp"
#include "entrospect/estimators/spectral_entropy/reporting.hpp"

namespace entrospect {
namespace {

// Rows that several loaders read, as one source of float64 rows.
class Joined final : public RowReader {
 public:
  Joined(const std::vector<SampleMatrix>& samples, bool side_by_side, const Context& context) : side_by_side_(side_by_side) {
    for (const SampleMatrix& x : samples) parts_.emplace_back(x, context);
  }

  void read(std::size_t first, std::size_t count, std::byte* out) const override {
    auto* rows = reinterpret_cast<double*>(out);
    if (side_by_side_) {
      std::size_t d = 0;
      for (const RowLoader& part : parts_) d += part.d();
      for (const RowLoader& part : parts_) {
        part.load(first, count, rows, d);
        rows += part.d();
      }
      return;
    }
    for (const RowLoader& part : parts_) {
      const std::size_t here = first < part.n() ? std::min(count, part.n() - first) : 0;
      if (here > 0) part.load(first, here, rows, part.d());
      rows += here * part.d();
      count -= here;
      first -= std::min(first, part.n());
      if (count == 0) return;
    }
  }

 private:
  std::vector<RowLoader> parts_;
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
  EstimatorCard card;
  card.name = e.estimator;
  card.sample_names = {"x", "y"};
  examine(std::vector{pair.x, pair.y}, card, kernel_matrices, e, context);
}

void examine(std::span<const SampleMatrix> samples, const EstimatorCard& card, bool kernel_matrices, Estimate& e, const Context& context) {
  std::vector<Estimate> facts;
  for (std::size_t i = 0; i < samples.size(); ++i)
    facts.push_back(examined(samples[i], card.name + (samples.size() > 1 ? ": " + sample_name(card, i) : ""), kernel_matrices, context));
  for (std::size_t i = 0; i < samples.size(); ++i) add_facts(facts[i], card, i, e);
}

void add_facts(const Estimate& facts, const EstimatorCard& card, std::size_t i, Estimate& e) {
  const std::string name = sample_name(card, i), prefix = i == 0 ? "" : name + "_";
  if (i == 0) {
    e.n = facts.n;
    e.d = facts.d;
  } else {
    e.diagnostics.set(prefix + "d", static_cast<std::int64_t>(facts.d));
  }
  for (const auto& [key, value] : facts.diagnostics.items()) e.diagnostics.set(prefix + key, value);
  if (!facts.ok()) e.flag(facts.status, name + ": " + facts.reason);
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
  return {std::make_shared<Joined>(std::vector{pair.x, pair.y}, true, context), DType::f64, pair.x.n(), pair.x.d() + pair.y.d()};
}

SampleMatrix stacked(const std::vector<SampleMatrix>& samples, const Context& context) {
  std::size_t n = 0;
  for (const SampleMatrix& x : samples) n += x.n();
  return {std::make_shared<Joined>(samples, false, context), DType::f64, n, samples.front().d()};
}

std::string kernel_text(const Kernel& kernel, const Estimate& e) {
  std::string out = std::string(name(kernel.kind)) + " kernel";
  for (const auto& [key, value] : e.diagnostics.items())  // "bandwidth", "y_bandwidth", ...
    if (const std::size_t end = key.rfind("bandwidth"); end != std::string::npos && end + 9 == key.size())
      out += ", " + key.substr(0, end) + "sigma = " + shown(std::get<double>(value));
  if (kernel.kind == KernelKind::polynomial) out += ", degree " + shown(kernel.degree) + ", offset " + shown(kernel.offset);
  return out;
}

}  // namespace entrospect
