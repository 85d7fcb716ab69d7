#include "entrospect/estimators/geometry/mmcr.hpp"

#include <algorithm>
#include <cmath>

#include "entrospect/core/sum.hpp"
#include "entrospect/estimators/geometry/detail/classes.hpp"
#include "entrospect/estimators/geometry/detail/index.hpp"
#include "entrospect/spectral/singular_values.hpp"

namespace entrospect {
namespace {

using detail::Finding;
using MmcrIndex = detail::Quantity<MmcrOptions>;

Finding find(const Inputs& inputs, const MmcrOptions& o, Estimate& e, const Context& context) {
  const detail::GroupedRows grouped = detail::grouped_rows(inputs, {false, Normalize::l2, o.zero_rows, true, false}, 2, e, context);
  const detail::ClassMoments m = detail::class_moments(grouped, context);
  e.backend_requested = e.backend_used = "householder-qr";
  const auto nuclear = [&](const SampleMatrix& rows) { return sum(*singular_values(rows, context)); };
  const double centroids = nuclear(owned_matrix(m.means, m.classes, m.d));
  Sum norms, largest;
  for (const std::vector<std::size_t>& views : grouped.classes.rows) {
    const auto count = static_cast<double>(views.size());
    largest.add(std::sqrt(count * std::min(count, static_cast<double>(m.d))));  // |Z_b|_F^2 is the number of views
    if (o.local_weight > 0) norms.add(nuclear(grouped.rows.x.select(views)));
  }
  const double by = o.local_weight / static_cast<double>(m.classes), local = by * norms.value();
  e.diagnostics.set("centroid_nuclear_norm", centroids);
  if (o.local_weight > 0) e.diagnostics.set("mean_view_nuclear_norm", norms.value() / static_cast<double>(m.classes));
  return {local - centroids, by * largest.value(), Unit::none,
          grouped.text() + "; |C|_* = " + shown(centroids) + "; local_weight / B sum |Z_b|_* = " + shown(local) + "; " + shown(local) +
              " - " + shown(centroids) + " = " + shown(local - centroids)};
}

const MmcrIndex& mmcr_index() {
  static const auto index = [] {
    EstimatorCard c;
    c.name = "mmcr";
    c.summary = "Loss of maximum manifold capacity: small when views of a sample agree and samples spread over all directions.";
    c.formula =
        "local_weight / B sum_b |Z_b|_* - |C|_*, Z = x with rows of norm 1, Z_b the views of sample b, row b of C their mean, |.|_* the "
        "sum of "
        "singular values";
    c.unit = "none";
    c.range = "[-sqrt(B min(B, d)), 0] for local_weight = 0, B samples";
    c.cap = "local_weight / B sum_b sqrt(n_b min(n_b, d))";
    c.cost = "O(B d min(B, d)); with a local_weight O(n d min(n, d)) more";
    c.references = {
        "Yerxa, Kuang, Simoncelli, Chung: Learning efficient coding of natural images with maximum manifold capacity "
        "representations, NeurIPS 2023"};
    c.labels = Need::required;
    c.resampling = Resampling::groups;
    c.conventions = {{"paper", false, "", {}, {}}};
    MmcrIndex out{std::move(c), {}, find};
    out.footprint = [](const MmcrOptions&, std::size_t n, std::size_t d) {
      return Footprint{false, 16 * static_cast<double>(n) * static_cast<double>(d) + detail::factor_footprint(n, d).bytes};
    };
    out.table.number(
        "local_weight", [](MmcrOptions& o) -> double& { return o.local_weight; }, {0, fields::kInfinity, false, true},
        "Weight of the views' own nuclear norms (the paper's lambda)");
    fields::add_zero_rows(out.table);
    fields::add_convention(out.table, out.card);
    return out;
  }();
  return index;
}

}  // namespace

Estimate mmcr(const SampleMatrix& x, const Labels& labels, const MmcrOptions& options, const Context& context) {
  return detail::estimate(mmcr_index(), {{x}, labels, {}}, options, context);
}

const EstimatorInfo& mmcr_info() {
  static const EstimatorInfo info = detail::info_of(mmcr_index());
  return info;
}

}  // namespace entrospect
