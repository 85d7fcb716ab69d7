#include "entrospect/estimators/matrix_information/jensen_renyi.hpp"

#include <algorithm>

#include "entrospect/core/errors.hpp"
#include "entrospect/estimators/matrix_information/detail/blocks.hpp"

namespace entrospect {
namespace {

using detail::Blocks;
using detail::Quantity;
using O = MatrixInformationOptions;

EstimatorCard card() {
  EstimatorCard c;
  c.name = "jensen_renyi";
  c.aliases = {"jensen_renyi_divergence"};
  c.summary = "How far the classes of labelled samples are from each other: entropy of all less that within classes.";
  detail::set_formulas(c, "JR = H(x) + H(labels) - H(x, labels), the kernel matrix of labels 1 where they are equal, else 0");
  c.unit = "entropy";
  c.range = "at most min(H(x), H(labels)); >= 0 at order 1, of either sign otherwise";
  c.cap = "min(H(x), H(labels))";
  c.cost = "O(n^2 d + n^3); order 2: O(n^2 d)";
  c.references = {"Hoyos-Osorio, Skean, Brockmeier, Sanchez Giraldo: The representation Jensen-Renyi divergence, ICASSP 2022"};
  c.labels = Need::required;
  return c;
}

SymmetricMatrix<double> label_matrix(const Labels::Classes& classes, std::size_t n) {
  SymmetricMatrix<double> out(n);
  std::fill_n(out.data(), n * n, 0.0);
  for (const std::vector<std::size_t>& rows : classes.rows)
    for (const std::size_t i : rows)
      for (const std::size_t j : rows) out(i, j) = 1;
  return out;
}

void fill(const Inputs& inputs, const EstimatorCard& own, const O& o, Estimate& e, const Context& context, Differentiation* wanted) {
  Blocks blocks(inputs.samples, own, detail::block_plan(o), e, context);
  Labels::Classes classes;
  try {
    classes = inputs.labels->classes();
  } catch (const InvalidArgument& error) {
    throw InvalidArgument(e.estimator + ": " + error.what());
  }
  if (classes.rows.size() < 2)
    throw InvalidArgument(e.estimator + ": labels have one class, '" + (classes.names.empty() ? "" : classes.names.front()) +
                          "'; a divergence needs at least 2");
  blocks.add("labels", label_matrix(classes, blocks.matrix(0).n()));
  const auto single = std::count_if(classes.rows.begin(), classes.rows.end(), [](const auto& rows) { return rows.size() == 1; });
  e.diagnostics.set("classes", static_cast<std::int64_t>(classes.rows.size()));
  if (single > 0) e.diagnostics.set("classes_of_one_row", static_cast<std::int64_t>(single));
  if (static_cast<std::size_t>(single) == classes.rows.size())
    e.flag(Status::out_of_valid_range, "every row is a class of its own: nothing is within classes");
  const Blocks::Sum sum{{1, {0}}, {1, {1}}, {-1, {0, 1}}};
  detail::set_blocks(e, blocks.value(sum), std::min(blocks.entropy({0}), blocks.entropy({1})), o.unit,
                     blocks.kernels() + std::to_string(classes.rows.size()) + " classes; " + blocks.steps("JR", sum));
  blocks.differentiate(wanted, Blocks::scaled(sum, nats_to(o.unit)));
}

const Quantity<O>& quantity() {
  static const auto out = [] {
    Quantity<O> q{card(), {}, {}};
    q.compute = [own = q.card](const Inputs& inputs, const O& o, Estimate& e, const Context& context, Differentiation* wanted) {
      fill(inputs, own, o, e, context, wanted);
    };
    q.footprint = [](const O&, std::size_t n, std::size_t) { return detail::blocks_footprint(2, n); };
    detail::add_block_fields(q.table, q.card);
    return q;
  }();
  return out;
}

}  // namespace

Estimate jensen_renyi(const SampleMatrix& x, const Labels& labels, const MatrixInformationOptions& options, const Context& context) {
  return detail::estimate(quantity(), {{x}, labels, {}}, options, context);
}

const EstimatorInfo& jensen_renyi_info() {
  static const EstimatorInfo info = detail::info_of(quantity());
  return info;
}

}  // namespace entrospect
