#include "entrospect/estimators/geometry/neural_collapse.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <limits>
#include <numeric>
#include <span>
#include <string>
#include <vector>

#include "entrospect/core/errors.hpp"
#include "entrospect/core/parallel.hpp"
#include "entrospect/core/row_loader.hpp"
#include "entrospect/core/sum.hpp"
#include "entrospect/estimators/geometry/detail/classes.hpp"
#include "entrospect/estimators/geometry/detail/index.hpp"
#include "entrospect/spectral/products.hpp"
#include "entrospect/spectral/whitening.hpp"

namespace entrospect {
namespace {

using detail::ClassMoments;
using detail::Finding;
using O = NeuralCollapseOptions;
using CollapseIndex = detail::Quantity<O>;
using Row = std::span<const double>;

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN(), kEps = std::numeric_limits<double>::epsilon();

const Choices<CollapseMeasure>& measure_choices() {
  static const Choices<CollapseMeasure> choices{{"nc1", CollapseMeasure::nc1},
                                                {"cdnv", CollapseMeasure::cdnv},
                                                {"nc2-norms", CollapseMeasure::nc2_norms},
                                                {"nc2-angles", CollapseMeasure::nc2_angles},
                                                {"nc3", CollapseMeasure::nc3},
                                                {"nc4", CollapseMeasure::nc4}};
  return choices;
}

std::string formula_of(CollapseMeasure measure) {
  const std::string means = "m_c mean of class c, m mean of the C class means";
  switch (measure) {
    case CollapseMeasure::nc1:
      return "tr(S_w S_b^+) / C, S_w = 1/C sum_c 1/n_c sum_i (z_i - m_c)(z_i - m_c)^T, S_b = 1/C sum_c (m_c - m)(m_c - m)^T, " + means;
    case CollapseMeasure::cdnv:
      return "mean over pairs of (v_c + v_c') / (2 |m_c - m_c'|^2), v_c = 1/n_c sum_i |z_i - m_c|^2, m_c mean of class c";
    case CollapseMeasure::nc2_norms:
      return "sd / mean of |m_c - m|, " + means;
    case CollapseMeasure::nc2_angles:
      return "mean over pairs of |cos(m_c - m, m_c' - m) + 1 / (C - 1)|, " + means;
    case CollapseMeasure::nc3:
      return "|W / |W|_F - M / |M|_F|_F, row c of M = m_c - m, W = M (S_w + S_b)^+ the least-squares classifier in place of the "
             "network's, " +
             means;
    case CollapseMeasure::nc4:
      break;
  }
  return "#{i: |z_i - m_c| > min |z_i - m_c'|, c the label of i} / n: the labels in place of the network's answers, m_c mean of class c";
}

std::string formula_with_classifier(CollapseMeasure measure) {
  if (measure == CollapseMeasure::nc3)
    return "|W / |W|_F - M / |M|_F|_F, row c of M = m_c - m, row c of W the weights of class c, m_c mean of class c, m mean of the C class "
           "means";
  return "#{i: |z_i - m_a| > min_c |z_i - m_c|, a = argmax_c (w_c . z_i + b_c)} / n, w_c and b_c weights and bias of class c, m_c mean of "
         "class c";
}

double dot(Row a, Row b) { return std::transform_reduce(a.begin(), a.end(), b.begin(), 0.0); }
double squared_distance(Row a, Row b) {
  return std::transform_reduce(a.begin(), a.end(), b.begin(), 0.0, std::plus<>(), [](double u, double v) { return (u - v) * (u - v); });
}

// Calls f(c, c') for every pair of classes and adds up.
template <class F>
double mean_over_pairs(const ClassMoments& m, F f) {
  Sum total;
  for (std::size_t a = 0; a < m.classes; ++a)
    for (std::size_t b = a + 1; b < m.classes; ++b) total.add(f(a, b));
  return total.value() / (static_cast<double>(m.classes) * static_cast<double>(m.classes - 1) / 2);
}

// Sums over the rows of each class, divided by its size. Rows side by side, added in their order.
template <class F>
std::vector<double> class_averages(const ClassMoments& m, const Context& context, F of_row) {
  std::vector<double> values(m.n);
  parallel_for(context, m.n, [&](std::size_t i) { values[i] = of_row(m.residual(i)); });
  std::vector<Sum> sums(m.classes);
  for (std::size_t i = 0; i < m.n; ++i) sums[m.of[i]].add(values[i]);
  std::vector<double> out;
  for (std::size_t c = 0; c < m.classes; ++c) out.push_back(sums[c].value() / m.sizes[c]);
  return out;
}

// S_b^+ = C (M^T M)^+, so that tr(S_w S_b^+) / C is a class average of squares.
double variability(const ClassMoments& m, const Context& context) {
  check_cancelled(context);
  const WhitenedAxes whitened = whitened_axes(m.between, m.d);
  const auto averages = class_averages(m, context, [&](Row r) {
    double total = 0;
    for (std::size_t k = 0; k < whitened.rank; ++k) {
      const double along = dot(r, Row(whitened.axes).subspan(k * m.d, m.d));
      total += along * along;
    }
    return total;
  });
  return sum(averages) / static_cast<double>(m.classes);
}

// |W / |W|_F - M / |M|_F|_F; NaN where W is 0.
double distance_of_shapes(Row w, Row m) {
  const double of_w = std::sqrt(dot(w, w)), of_m = std::sqrt(dot(m, m));
  Sum squares;
  for (std::size_t i = 0; i < w.size(); ++i) squares.add(std::pow(w[i] / of_w - m[i] / of_m, 2));
  return std::sqrt(squares.value());
}

double self_duality(const ClassMoments& m, const Context& context) {
  const auto classes = static_cast<double>(m.classes);
  std::vector<double> weights;
  for (const std::size_t c : m.of) weights.push_back(1 / (classes * m.sizes[c]));
  SymmetricMatrix<double> s_t = scatter_matrix<double>(SampleMatrix(m.residuals.data(), m.n, m.d), weights, context);
  const SymmetricMatrix<double> m_t = scatter_matrix<double>(SampleMatrix(m.between.data(), m.classes, m.d), {}, context);
  for (std::size_t i = 0; i < m.d; ++i)
    for (std::size_t j = 0; j < m.d; ++j) s_t(i, j) += m_t(i, j) / classes;
  check_cancelled(context);
  std::vector<double> w = m.between;
  if (!pseudo_solve_rows(s_t, kEps * static_cast<double>(std::max(m.n, m.d)), w)) return kNaN;
  return distance_of_shapes(w, m.between);
}

// Rows whose answer a is a class with a mean that is not the nearest. Nearer to m_b than to m_a: 2 (r + m_own - m_a).(m_b - m_a) >
// |m_b - m_a|^2, r the residual. A row at equal distances is not wrong.
template <class Answer>
double wrong_rows(const ClassMoments& m, const Context& context, Answer answer) {
  std::atomic<std::size_t> wrong{0};
  parallel_for(context, m.n, [&](std::size_t i) {
    const Row r = m.residual(i), own = m.center(m.of[i]), from = m.center(answer(i));
    std::vector<double> off(r.begin(), r.end());
    for (std::size_t j = 0; j < m.d; ++j) off[j] += own[j] - from[j];
    const double along = dot(off, from);
    for (std::size_t c = 0; c < m.classes; ++c)
      if (2 * (dot(off, m.center(c)) - along) > squared_distance(m.center(c), from)) {
        ++wrong;
        return;
      }
  });
  return static_cast<double>(wrong.load());
}

// The classifier's numbers, checked: C x d weights and C biases.
struct Layer {
  std::vector<double> weights, bias;
};
std::vector<double> layer_values(const SampleMatrix& x, const std::string& what, std::size_t classes, std::size_t columns,
                                 const Estimate& e) {
  if (x.n() != classes || x.d() != columns)
    throw InvalidArgument(e.estimator + ": " + what + " are " + std::to_string(x.n()) + " x " + std::to_string(x.d()) + "; " +
                          std::to_string(classes) + " classes need " + std::to_string(classes) + " x " + std::to_string(columns) +
                          ", a row for each class that occurs, in ascending order of the labels");
  std::vector<double> out(classes * columns);
  RowLoader(x).load(0, classes, out.data(), columns);
  const auto bad = std::find_if(out.begin(), out.end(), [](double v) { return !std::isfinite(v); });
  if (bad == out.end()) return out;
  const auto at = static_cast<std::size_t>(bad - out.begin());
  throw InvalidArgument(e.estimator + ": " + what + " have " + shown(*bad) + " at row " + std::to_string(at / columns) + ", column " +
                        std::to_string(at % columns) + "; every value must be finite");
}

// Class with the largest w_c . z + b_c, the first of equal ones.
std::size_t answer_of(const ClassMoments& m, const Layer& layer, std::size_t i) {
  const Row r = m.residual(i), mean = Row(m.means).subspan(m.of[i] * m.d, m.d);
  std::size_t best = 0;
  double most = -std::numeric_limits<double>::infinity();
  for (std::size_t c = 0; c < m.classes; ++c) {
    const Row w = Row(layer.weights).subspan(c * m.d, m.d);
    const double score = dot(w, r) + dot(w, mean) + layer.bias[c];
    if (score > most) {
      most = score;
      best = c;
    }
  }
  return best;
}

std::vector<double> norms_of(const ClassMoments& m) {
  std::vector<double> out;
  for (std::size_t c = 0; c < m.classes; ++c) out.push_back(std::sqrt(dot(m.center(c), m.center(c))));
  return out;
}

Finding undefined(Estimate& e, const std::string& why) {
  if (e.ok()) e.flag(Status::degenerate, why);
  return {kNaN, {}, Unit::none, {}};
}

Finding find(const Inputs& inputs, const O& o, Estimate& e, const Context& context) {
  e.formula = formula_of(o.measure);
  const detail::GroupedRows grouped = detail::grouped_rows(inputs, {}, 2, e, context);
  const ClassMoments m = detail::class_moments(grouped, context);
  const auto classes = static_cast<double>(m.classes);
  e.backend_requested = e.backend_used = o.measure == CollapseMeasure::nc1   ? "divide-and-conquer-svd"
                                         : o.measure == CollapseMeasure::nc3 ? "dense-eigen"
                                                                             : "class-means";
  if (!m.separated) return undefined(e, "the means of all " + std::to_string(m.classes) + " classes are equal to round-off");
  const bool angles = o.measure == CollapseMeasure::nc2_angles;
  if (m.classes == 2 && (angles || o.measure == CollapseMeasure::nc2_norms))
    e.flag(Status::degenerate, "two class means are always opposite about their mean: the value is 0 for any data");
  const auto said = [&](double value, const std::string& steps, std::optional<double> cap = {}) {
    return Finding{value, cap, Unit::none, grouped.text() + "; " + steps + " = " + shown(value)};
  };
  switch (o.measure) {
    case CollapseMeasure::nc1: {
      const double value = variability(m, context);
      return said(value, "tr(S_w S_b^+) = " + shown(value * classes) + "; " + shown(value * classes) + " / " + shown(classes));
    }
    case CollapseMeasure::cdnv: {
      const auto v = class_averages(m, context, [](Row r) { return dot(r, r); });
      const double value = mean_over_pairs(
          m, [&](std::size_t a, std::size_t b) { return (v[a] + v[b]) / (2 * squared_distance(m.center(a), m.center(b))); });
      if (!std::isfinite(value)) return undefined(e, "two classes have one mean");
      return said(value, "mean within-class variance = " + shown(sum(v) / classes) + "; mean over pairs");
    }
    case CollapseMeasure::nc2_norms: {
      const std::vector<double> norms = norms_of(m);
      const double mean = sum(norms) / classes;
      Sum squares;
      for (const double v : norms) squares.add((v - mean) * (v - mean));
      const double sd = std::sqrt(squares.value() / classes), value = sd / mean;
      return said(value, "sd = " + shown(sd) + "; mean = " + shown(mean) + "; " + shown(sd) + " / " + shown(mean),
                  std::sqrt(classes / 2 - 1));
    }
    case CollapseMeasure::nc2_angles: {
      const std::vector<double> norms = norms_of(m);
      const double value = mean_over_pairs(m, [&](std::size_t a, std::size_t b) {
        return std::abs(dot(m.center(a), m.center(b)) / (norms[a] * norms[b]) + 1 / (classes - 1));
      });
      if (!std::isfinite(value)) return undefined(e, "a class mean is equal to the mean of all: it has no angle");
      return said(value, "mean over pairs", classes / (classes - 1));
    }
    case CollapseMeasure::nc3:
      return said(self_duality(m, context), "|W / |W|_F - M / |M|_F|_F", 2.0);
    case CollapseMeasure::nc4:
      break;
  }
  const double wrong = wrong_rows(m, context, [&](std::size_t i) { return m.of[i]; }), n = static_cast<double>(m.n);
  return said(wrong / n, shown(wrong) + " rows nearer to another mean; " + shown(wrong) + " / " + shown(n), 1.0);
}

Finding find_with(const LinearClassifier& classifier, const Inputs& inputs, const O& o, Estimate& e, const Context& context) {
  for (const auto& [word, measure] : measure_choices())
    if (measure == o.measure && measure != CollapseMeasure::nc3 && measure != CollapseMeasure::nc4)
      throw InvalidArgument(e.estimator + ": measure = '" + word + "' asks no classifier; with one, measure is 'nc3' or 'nc4'");
  e.formula = formula_with_classifier(o.measure);
  e.backend_requested = e.backend_used = "class-means";
  const detail::GroupedRows grouped = detail::grouped_rows(inputs, {}, 2, e, context);
  const ClassMoments m = detail::class_moments(grouped, context);
  Layer layer{layer_values(classifier.weights, "the classifier's weights", m.classes, m.d, e), std::vector<double>(m.classes, 0.0)};
  if (classifier.bias) layer.bias = layer_values(*classifier.bias, "the classifier's biases", m.classes, 1, e);
  if (!m.separated) return undefined(e, "the means of all " + std::to_string(m.classes) + " classes are equal to round-off");
  if (o.measure == CollapseMeasure::nc3) {
    const double value = distance_of_shapes(layer.weights, m.between);
    if (!std::isfinite(value)) return undefined(e, "the classifier's weights are all 0, or their squares leave float64");
    return {value, 2.0, Unit::none, grouped.text() + "; |W / |W|_F - M / |M|_F|_F = " + shown(value)};
  }
  const double wrong = wrong_rows(m, context, [&](std::size_t i) { return answer_of(m, layer, i); }), n = static_cast<double>(m.n);
  return {wrong / n, 1.0, Unit::none,
          grouped.text() + "; " + shown(wrong) + " rows whose class by W and b has not the nearest mean; " + shown(wrong) + " / " +
              shown(n) + " = " + shown(wrong / n)};
}

const CollapseIndex& collapse_index() {
  static const auto index = [] {
    EstimatorCard c;
    c.name = "neural_collapse";
    c.summary = "How far features are from neural collapse, NC1 to NC4: 0 is collapsed.";
    c.formula = formula_of(CollapseMeasure::nc1);
    c.unit = "none";
    c.range = "[0, inf); nc2-norms to sqrt(C/2 - 1), nc2-angles to C / (C - 1), nc3 to 2, nc4 to 1, C classes";
    c.cap = "none";
    c.cost = "O(n C d + C d min(C, d)); nc3 O(n d^2 + d^3)";
    c.references = {"Papyan, Han, Donoho: Prevalence of neural collapse during the terminal phase of deep learning training, PNAS 2020",
                    "Galanti, Gyorgy, Hutter: On the role of neural collapse in transfer learning, ICLR 2022"};
    c.labels = Need::required;
    c.conventions = {{"paper", false, "", {}, {}}};
    CollapseIndex out{std::move(c), {}, find};
    out.footprint = [](const O& o, std::size_t n, std::size_t d) {
      return o.measure == CollapseMeasure::nc3 ? detail::class_footprint(n, d)
                                               : Footprint{false, 24 * static_cast<double>(n) * static_cast<double>(d)};
    };
    out.table.choice(
        "measure", [](O& o) -> CollapseMeasure& { return o.measure; }, measure_choices(),
        "'nc1' and 'cdnv' variability within classes, 'nc2-norms' and 'nc2-angles' the simplex of class means, 'nc3' self-duality with the "
        "least-squares classifier, 'nc4' error of the nearest class mean");
    fields::add_convention(out.table, out.card);
    return out;
  }();
  return index;
}

}  // namespace

Estimate neural_collapse(const SampleMatrix& x, const Labels& labels, const NeuralCollapseOptions& options, const Context& context) {
  return detail::estimate(collapse_index(), {{x}, labels, {}}, options, context);
}

Estimate neural_collapse(const SampleMatrix& x, const Labels& labels, const LinearClassifier& classifier,
                         const NeuralCollapseOptions& options, const Context& context) {
  CollapseIndex given = collapse_index();
  given.compute = [&classifier](const Inputs& inputs, const O& o, Estimate& e, const Context& c) {
    return find_with(classifier, inputs, o, e, c);
  };
  return detail::estimate(given, {{x}, labels, {}}, options, context);
}

const EstimatorInfo& neural_collapse_info() {
  static const EstimatorInfo info = detail::info_of(collapse_index());
  return info;
}

}  // namespace entrospect
