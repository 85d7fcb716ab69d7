#include "entrospect/estimators/dependence/group_sums.hpp"

#include <algorithm>
#include <limits>

#include "entrospect/core/parallel.hpp"
#include "entrospect/core/sum.hpp"
#include "entrospect/estimators/permutation_null.hpp"
#include "entrospect/estimators/spectral_entropy/reporting.hpp"
#include "entrospect/spectral/backend.hpp"
#include "entrospect/spectral/products.hpp"
#include "entrospect/spectral/quadratic_forms.hpp"

namespace entrospect {
namespace {

GroupSums sums_of_groups(const SymmetricMatrix<double>& k, std::size_t n_x, const Context& context, std::vector<double>& rows) {
  constexpr std::size_t block = 64;
  const std::size_t n = k.n();
  std::vector<double> left(n), right(n);  // of each row: its values with rows of x, with rows of y
  parallel_for(context, (n + block - 1) / block, [&](std::size_t item) {
    for (std::size_t i = item * block; i < std::min((item + 1) * block, n); ++i) {
      left[i] = sum({k.data() + i * n, n_x});
      right[i] = sum({k.data() + i * n + n_x, n - n_x});
    }
  });
  rows.resize(n);
  Sum xx, xy, yy, x_diagonal, y_diagonal;
  for (std::size_t i = 0; i < n; ++i) {
    rows[i] = left[i] + right[i];
    if (i < n_x) {
      xx.add(left[i]);
      xy.add(right[i]);
      x_diagonal.add(k(i, i));
    } else {
      yy.add(right[i]);
      y_diagonal.add(k(i, i));
    }
  }
  return {xx.value(), xy.value(), yy.value(), x_diagonal.value(), y_diagonal.value()};
}

std::vector<GroupSums> dealt_anew(const SymmetricMatrix<double>& k, const std::vector<double>& rows, const GroupSums& given,
                                  std::size_t n_x, const GroupPlan& plan, const Context& context) {
  std::vector<GroupSums> out(plan.n_null);
  const double diagonal = given.x_diagonal + given.y_diagonal, total = given.xx + 2 * given.xy + given.yy;
  std::vector<double> of_x(plan.n_null);  // sums of whole rows of the group that stands for x
  const std::vector<double> within = quadratic_forms(
      k, plan.n_null,
      [&](std::size_t m, std::span<double> member) {
        const std::vector<std::size_t> p = null_stream(plan.seed, m).permutation(member.size());
        std::fill(member.begin(), member.end(), 0.0);
        for (std::size_t i = 0; i < n_x; ++i) member[p[i]] = 1;
        Sum whole, own;
        for (std::size_t i = 0; i < member.size(); ++i) {
          if (member[i] == 0) continue;
          whole.add(rows[i]);
          own.add(k(i, i));
        }
        of_x[m] = whole.value();
        out[m].x_diagonal = own.value();
      },
      context);
  for (std::size_t m = 0; m < out.size(); ++m) {
    out[m].xx = within[m];
    out[m].xy = of_x[m] - within[m];
    out[m].yy = total - 2 * of_x[m] + within[m];
    out[m].y_diagonal = diagonal - out[m].x_diagonal;
  }
  return out;
}

Choices<KernelKind> without(const std::vector<KernelKind>& left_out) {
  Choices<KernelKind> out = kernel_choices();
  std::erase_if(out, [&](const auto& choice) { return std::find(left_out.begin(), left_out.end(), choice.second) != left_out.end(); });
  return out;
}

}  // namespace

const Choices<KernelKind>& sample_kernel_choices() {
  static const Choices<KernelKind> choices = without({KernelKind::precomputed});
  return choices;
}

const Choices<KernelKind>& nonnegative_kernel_choices() {
  static const Choices<KernelKind> choices =
      without({KernelKind::precomputed, KernelKind::linear, KernelKind::cosine, KernelKind::polynomial});
  return choices;
}

double TwoSampleSums::error() const { return 4 * static_cast<double>(n_x + n_y) * std::numeric_limits<double>::epsilon() * largest; }

Together together(const Pair& pair, const GroupPlan& plan, Estimate& e, const Context& context) {
  require_same_features(pair.x, pair.y, "x", "y", e);
  examine(pair, false, e, context);
  e.diagnostics.set("y_n", static_cast<std::int64_t>(pair.y.n()));
  e.backend_requested = e.backend_used = "gram";
  Together out{stacked({pair.x, pair.y}, context)};
  out.bandwidth = named_bandwidth(out.rows, "x and y together", "", plan.kernel, plan.seed, e, context);
  if (plan.shift && plan.kernel.kind == KernelKind::linear) out.rows = out.rows.centered();
  return out;
}

TwoSampleSums group_sums(const Pair& pair, const GroupPlan& plan, Estimate& e, const Context& context) {
  const Together both = together(pair, plan, e, context);
  SymmetricMatrix<double> k(0);
  naming(e.estimator + ": x and y together", [&] { k = gram_matrix<double>(both.rows, plan.kernel, both.bandwidth, context); });
  TwoSampleSums out;
  out.n_x = pair.x.n();
  out.n_y = pair.y.n();
  for (std::size_t i = 0; i < k.n(); ++i) out.largest = std::max(out.largest, k(i, i));
  std::vector<double> rows;
  out.given = sums_of_groups(k, out.n_x, context, rows);
  if (plan.n_null > 0) out.null = dealt_anew(k, rows, out.given, out.n_x, plan, context);
  return out;
}

SampleGradient group_gradient(const Pair& pair, const Kernel& kernel, const Estimate& e,
                              const std::function<GroupSums(const GroupSums&)>& slopes, const Context& context) {
  const SampleMatrix both = stacked({pair.x, pair.y}, context);
  const double bandwidth = bandwidth_used(e, "");
  const SymmetricMatrix<double> k = gram_matrix<double>(both, kernel, bandwidth, context);
  const std::size_t n_x = pair.x.n(), d = pair.x.d();
  std::vector<double> rows;
  const GroupSums slope = slopes(sums_of_groups(k, n_x, context, rows));
  SymmetricMatrix<double> g(k.n());
  for (std::size_t i = 0; i < k.n(); ++i)
    for (std::size_t j = 0; j < k.n(); ++j)
      g(i, j) = i < n_x && j < n_x ? slope.xx : (i < n_x) != (j < n_x) ? slope.xy / 2 : 0.0;  // a pair between is in both triangles
  for (std::size_t i = 0; i < n_x; ++i) g(i, i) += slope.x_diagonal;
  SampleGradient all = kernel_gradient(both, kernel, bandwidth, k, std::move(g), context);
  all.values.resize(n_x * d);
  SampleGradient out = gradient_of_rows(pair.x, std::move(all.values), context);
  if (!all.nonsmooth.empty()) out.nonsmooth = all.nonsmooth;
  return out;
}

}  // namespace entrospect
