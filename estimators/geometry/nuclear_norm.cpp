#include "entrospect/estimators/geometry/nuclear_norm.hpp"

#include <algorithm>
#include <cmath>
#include <functional>

#include "entrospect/core/row_tiles.hpp"
#include "entrospect/core/sum.hpp"
#include "entrospect/estimators/geometry/detail/index.hpp"

namespace entrospect {
namespace {

using detail::Finding;
using detail::Quantity;

const Choices<MatrixNorm>& norm_choices() {
  static const Choices<MatrixNorm> choices{{"nuclear", MatrixNorm::nuclear}, {"l12", MatrixNorm::l12}};
  return choices;
}

std::string formula_of(MatrixNorm norm, bool per_row) {
  const std::string what = norm == MatrixNorm::nuclear ? "sum s" : "sum of the min(n, d) largest |Z_j|_2", over = per_row ? " / n" : "";
  return what + over + (norm == MatrixNorm::nuclear ? ", s singular values of Z" : ", Z_j columns of Z") +
         ", Z = x after center and normalize";
}

// Of the columns, descending.
std::vector<double> column_norms(const SampleMatrix& z, const Context& context) {
  const RowLoader loader(z, context);
  const std::size_t d = z.d();
  std::vector<std::vector<double>> parts(row_blocks(z.n(), d).count);
  for_each_tile(loader, context, [&](const RowTile& tile) {
    std::vector<double>& squares = parts[tile.block];
    squares.resize(d);
    for (std::size_t i = 0; i < tile.count; ++i)
      for (std::size_t j = 0; j < d; ++j) squares[j] += tile.row(i)[j] * tile.row(i)[j];
  });
  std::vector<double> out(d);
  for (std::size_t j = 0; j < d; ++j) {
    Sum total;
    for (const std::vector<double>& squares : parts) total.add(squares[j]);
    out[j] = std::sqrt(total.value());
  }
  std::sort(out.begin(), out.end(), std::greater<>());
  return out;
}

double length(std::span<const double> values) {
  const double largest = values.empty() ? 0 : values.front();
  if (!(largest > 0)) return 0;
  Sum squares;
  for (const double v : values) squares.add(v / largest * (v / largest));
  return largest * std::sqrt(squares.value());
}

// |Z|_F is the length of the singular values and of the column norms alike; at that length equal singular values have the largest sum.
Finding summed(const std::vector<double>& terms, double frobenius, const PreparedRows& rows, const NuclearNormOptions& o,
               std::string what) {
  const auto n = static_cast<double>(rows.x.n());
  const double total = sum(terms), value = o.per_row ? total / n : total;
  const double cap = std::sqrt(static_cast<double>(o.norm == MatrixNorm::l12 ? terms.size() : rows.max_rank())) * frobenius;
  Finding out{value, o.per_row ? cap / n : cap, Unit::none, std::move(what) + " = " + shown(total)};
  if (o.per_row) out.steps += "; " + shown(total) + " / " + shown(n) + " = " + shown(value);
  return out;
}

// s_i = sqrt(m lam_i): ds_i = m dlam_i / (2 s_i) above the rank tolerance.
Derivative nuclear_slopes(const detail::RowSpectrum& r, const NuclearNormOptions& o) {
  const std::vector<double> s = r.singular_values();
  Derivative out{{}, zeros_reason(s.size(), r.rows.max_rank(), "")};
  out.slopes.each.assign(r.lam.size(), 0.0);
  for (std::size_t i = 0; i < s.size(); ++i)
    out.slopes.each[i] = r.denominator / (2 * s[i]) / (o.per_row ? static_cast<double>(r.rows.x.n()) : 1.0);
  return out;
}

Finding find(const SampleMatrix& x, const NuclearNormOptions& o, Estimate& e, const Context& context, Differentiation* wanted) {
  e.formula = formula_of(o.norm, o.per_row);
  refuse_single(e, o.solver.precision, true, "the sum holds small singular values");
  const RowPlan plan{o.center, o.normalize, o.zero_rows, o.normalize == Normalize::l2, false};
  if (o.norm == MatrixNorm::nuclear) {
    const detail::RowSpectrum r = detail::row_spectrum(x, plan, o.side, o.solver, false, e, context, wanted);
    if (!r.s) return {0.0, 0.0, Unit::none, {}};
    const std::vector<double> s = r.singular_values();
    if (wanted != nullptr && !r.lam.empty()) wanted->finish(e, r.rows, nuclear_slopes(r, o));
    return summed(s, std::sqrt(r.s->trace * r.denominator), r.rows, o,
                  r.text() + "; sum of " + std::to_string(s.size()) + " singular values");
  }
  if (wanted != nullptr) refuse_gradient(e, "norm = 'l12'", "it is a bound that depends on the basis; use norm = 'nuclear'");
  const PreparedRows rows = prepare_rows(x, plan, e, context);
  e.backend_requested = e.backend_used = "column-norms";
  if (rows.centered && rows.all_equal) return {0.0, 0.0, Unit::none, {}};
  std::vector<double> norms = column_norms(rows.x, context);
  const double frobenius = length(norms);
  norms.resize(std::min(rows.x.n(), rows.x.d()));
  return summed(norms, frobenius, rows, o, rows_text(rows.x) + "; sum of the " + std::to_string(norms.size()) + " largest column norms");
}

const Quantity<NuclearNormOptions>& nuclear_norm_index() {
  static const auto index = [] {
    EstimatorCard c;
    c.name = "nuclear_norm";
    c.aliases = {"matrix_nuclear_norm"};
    c.summary = "Sum of the singular values.";
    c.formula = formula_of(MatrixNorm::nuclear, false);
    c.unit = "none";
    c.range = "[0, sqrt(min(n, d)) |Z|_F]";
    c.cap = "sqrt(min(n, d)) |Z|_F; min(n - 1, d) when centered";
    c.cost = "O(n d min(n, d)); l12 O(n d)";
    c.references = {
        "Recht, Fazel, Parrilo: Guaranteed minimum-rank solutions of linear matrix equations via nuclear norm minimization, "
        "SIAM Review 2010",
        "Li et al.: Large language model evaluation via matrix nuclear-norm, 2024"};
    c.mergeable = true;
    c.conventions = {{"nuclear", false, "", {}, {}},
                     {"l12", false, formula_of(MatrixNorm::l12, false), {{"norm", std::string("l12")}}, {}},
                     {"mnn",
                      true,
                      formula_of(MatrixNorm::l12, true),
                      {{"norm", std::string("l12")}, {"per_row", true}, {"center", true}, {"normalize", std::string("l2")}},
                      {"called a nuclear norm, but is an upper bound of it that depends on the basis",
                       "the tool computes in the input's precision; this is float64"}}};
    Quantity<NuclearNormOptions> out{std::move(c), {}, find, detail::on_smaller_side<NuclearNormOptions>};
    out.table.choice(
        "norm", [](NuclearNormOptions& o) -> MatrixNorm& { return o.norm; }, norm_choices(),
        "'nuclear' sums singular values, 'l12' the largest column norms instead");
    out.table.flag(
        "per_row", [](NuclearNormOptions& o) -> bool& { return o.per_row; }, "Divide by the number of rows");
    detail::add_row_fields(out.table, out.card);
    return out;
  }();
  return index;
}

}  // namespace

Estimate nuclear_norm(const SampleMatrix& x, const NuclearNormOptions& options, const Context& context) {
  return detail::estimate(nuclear_norm_index(), x, options, context);
}

const EstimatorInfo& nuclear_norm_info() {
  static const EstimatorInfo info = detail::info_of(nuclear_norm_index());
  return info;
}

}  // namespace entrospect
