#include "entrospect/estimators/spectral_entropy/preparation.hpp"

#include <algorithm>
#include <utility>

#include "entrospect/core/errors.hpp"
#include "entrospect/core/row_loader.hpp"
#include "entrospect/core/sum.hpp"

namespace entrospect {
namespace {

std::shared_ptr<const Survey> shared_survey(const SampleMatrix& x, const Context& context) {
  if (context.memo == nullptr) return std::make_shared<const Survey>(survey(x, context));
  return context.memo->get_or_compute<Survey>("survey|" + x.identity(), [&] { return survey(x, context); });
}

std::vector<std::size_t> all_except(const std::vector<std::size_t>& dropped, std::size_t n) {
  std::vector<std::size_t> kept;
  kept.reserve(n);
  for (std::size_t row = 0; row < n; ++row)
    if (!std::binary_search(dropped.begin(), dropped.end(), row)) kept.push_back(row);
  return kept;
}

}  // namespace

std::size_t PreparedRows::max_rank() const { return std::min(centered ? x.n() - 1 : x.n(), x.d()); }

PreparedRows prepare_rows(const SampleMatrix& x, const RowPlan& plan, Estimate& e, const Context& context) {
  PreparedRows out{x, {}, false, false};
  if (plan.center) out.x = out.x.centered();
  if (plan.normalize != Normalize::none) out.x = out.x.normalized(plan.normalize);
  if (plan.directions && out.x.normalization() == Normalize::none) out.x = out.x.normalized(Normalize::l2);
  out.centered = out.x.is_centered() || out.x.normalization() == Normalize::standardize;

  const bool both = out.x.is_centered() && plan.directions && !plan.two_rows_suffice;
  const std::size_t least = both ? 3 : 2;
  const std::string why = both ? "two centered rows of length one are always opposite" : "";
  require_features(x.d(), e.estimator);
  require_rows(x.n(), least, e.estimator, why);
  const std::shared_ptr<const Survey> found = shared_survey(out.x, context);
  require_finite(*found, e.estimator);
  if (out.x.normalization() != Normalize::l2) require_scale(*found, e.estimator);
  if (plan.directions && !found->zero_rows.empty()) {
    const std::size_t before = out.x.n();
    out.x = resolve_zero_rows(out.x, *found, plan.zero_rows, e.estimator);
    out.kept = all_except(found->zero_rows, before);
    require_rows(out.x.n(), least, e.estimator, "rows without a direction were dropped");
  }
  out.all_equal = found->all_rows_equal;
  e.n = out.x.n();
  e.d = out.x.d();
  e.diagnostics.set("duplicate_rows", static_cast<std::int64_t>(found->duplicate_rows));
  e.diagnostics.set("constant_columns", static_cast<std::int64_t>(found->constant_columns));
  if (!out.kept.empty()) e.diagnostics.set("zero_rows_dropped", static_cast<std::int64_t>(found->zero_rows.size()));
  if (out.all_equal) e.flag(Status::degenerate, "all rows are equal");
  return out;
}

std::string rows_text(const SampleMatrix& z) {
  std::string out = "Z = x";
  if (z.normalization() == Normalize::standardize) return out + ", columns standardized";
  if (z.is_centered()) out += ", centered";
  if (z.normalization() == Normalize::l2) out += ", rows divided by their norms";
  return out;
}

PreparedRows prepare_kernel_matrix(const SampleMatrix& k, const RowPlan& plan, Estimate& e, const Context& context) {
  if (plan.center || plan.normalize != Normalize::none || k.is_centered() || k.normalization() != Normalize::none)
    throw InvalidArgument(e.estimator + ": kernel = 'precomputed' takes the kernel matrix as it is; center and normalize must be off");
  require_features(k.d(), e.estimator);
  require_rows(k.n(), 2, e.estimator);
  require_finite(*shared_survey(k, context), e.estimator);
  e.n = k.n();
  e.d = k.d();
  return {k, {}, false, false};
}

Kernel on_prepared(const PreparedRows& rows, const Kernel& kernel) {
  Kernel out = kernel;
  if (kernel.kind == KernelKind::cosine && rows.x.normalization() == Normalize::l2) out.kind = KernelKind::linear;
  return out;
}

Covariance covariance_of(const PreparedRows& rows, Side side) {
  return {static_cast<double>(rows.centered ? rows.x.n() - 1 : rows.x.n()), side};
}

Norms norms_for(double order, Precision precision) {
  if (order == 2) return Norms::squares;
  return order == 4 && precision != Precision::single ? Norms::fourth : Norms::none;
}

SpectrumOptions spectrum_options(const SolverOptions& solver, std::uint64_t seed, Norms suffice, std::size_t leading,
                                 const Context& context) {
  SpectrumOptions out{.solver = solver, .seed = seed};
  out.values = suffice == Norms::none || (suffice == Norms::squares && context.memo != nullptr && leading == 0);
  out.leading = leading;
  out.fourth = suffice == Norms::fourth;
  return out;
}

SampleMatrix owned_matrix(std::vector<double> values, std::size_t n, std::size_t d) {
  const auto data = std::make_shared<const std::vector<double>>(std::move(values));
  const auto stride = static_cast<std::ptrdiff_t>(sizeof(double));
  return {data->data(), DType::f64, n, d, stride * static_cast<std::ptrdiff_t>(d), stride, data};
}

SampleMatrix edited_copy(const SampleMatrix& x, const std::function<void(std::span<double>)>& edit, const Context& context) {
  const std::size_t n = x.n(), d = x.d();
  std::vector<double> data(n * d);
  RowLoader(x, context).load(0, n, data.data(), d);
  for (std::size_t i = 0; i < n; ++i) edit(std::span(data).subspan(i * d, d));
  return owned_matrix(std::move(data), n, d);
}

SampleMatrix centered_over_features(const SampleMatrix& x, const Context& context) {
  return edited_copy(
      x,
      [](std::span<double> row) {
        const double mean = sum(row) / static_cast<double>(row.size());
        for (double& v : row) v -= mean;
      },
      context);
}

}  // namespace entrospect
