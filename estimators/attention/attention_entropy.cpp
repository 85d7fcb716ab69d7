#include "entrospect/estimators/attention/attention_entropy.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "entrospect/core/errors.hpp"
#include "entrospect/core/parallel.hpp"
#include "entrospect/core/row_loader.hpp"
#include "entrospect/core/sum.hpp"
#include "entrospect/core/survey.hpp"
#include "entrospect/estimators/functional.hpp"
#include "entrospect/estimators/spectral_entropy/fields.hpp"
#include "entrospect/estimators/spectral_entropy/reporting.hpp"
#include "entrospect/spectral/entropy_kernels.hpp"

namespace entrospect {
namespace {

constexpr std::size_t kRows = 64;  // of one item

const EstimatorCard& card() {
  static const EstimatorCard card = [] {
    EstimatorCard c;
    c.name = "attention_entropy";
    c.summary = "Mean entropy of the rows of an attention matrix: how many keys a query looks at.";
    c.formula = "mean_i H_q(p_i), p_i = row i over its sum, H_q = ln(sum_j p_ij^q) / (1 - q), H_1 = -sum_j p_ij ln p_ij";
    c.unit = "entropy";
    c.range = "[0, ln d]";
    c.cap = "mean ln of the keys that a row may attend to: ln d, ln(i + 1) in row i of a causal square matrix";
    c.cost = "O(n d)";
    c.references = {
        "Zhai et al.: Stabilizing transformer training by preventing attention entropy collapse, ICML 2023",
        "Jha, Reagen: Entropy-guided attention for private LLMs, 2025",
    };
    c.sample_names = {"probabilities"};
    c.resampling = Resampling::none;  // rows of one sequence depend on each other, and their number is that of the keys
    c.conventions = {{"paper", false, "", {}, {}}};
    return c;
  }();
  return card;
}

const FieldTable<AttentionOptions>& table() {
  using O = AttentionOptions;
  static const FieldTable<O> table = [] {
    FieldTable<O> t;
    fields::add_order(t);
    t.flag(
        "causal", [](O& o) -> bool& { return o.causal; }, "A query attends to no key after its own: such keys are not counted");
    t.number(
        "collapse", [](O& o) -> double& { return o.collapse; }, {0, 1, false, false},
        "A row below this share of its largest entropy is collapsed: collapse_share in the diagnostics");
    t.number(
        "overload", [](O& o) -> double& { return o.overload; }, {0, 1, false, false},
        "A row above this share of its largest entropy is overloaded: overload_share in the diagnostics");
    t.number(
        "tolerance", [](O& o) -> double& { return o.tolerance; }, {0, 1, false, true},
        "How far the sum of a row may be from 1; rows are divided by their sums");
    t.integer(
        "parts", [](O& o) -> std::int64_t& { return o.parts; }, {1, 1 << 16, false, false},
        "Runs of equal length, to within one, into which the queries are cut");
    t.integer(
        "part", [](O& o) -> std::int64_t& { return o.part; }, {0, 1 << 16, false, false},
        "The run of queries of which the mean is taken, 1 to parts; 0: all queries");
    fields::add_entropy_unit(t);
    fields::add_convention(t, card());
    return t;
  }();
  return table;
}

std::string about(const AttentionHead& head) { return head.name.empty() ? "" : head.name + ": "; }

// A block of rows of one head, and what was found wrong in it.
struct Block {
  std::size_t head, first, last;  // indices into AttentionRows::query
  bool found = false;             // an entry that is no probability, first in this row
  std::size_t bad_row = 0;
  double worst_sum = 1;
  std::size_t worst_row = 0, worst_keys = 0, off = 0;
};

// Key positions: those of a query end where it stands.
std::size_t offset_of(const AttentionHead& head) { return head.probabilities.d() - head.probabilities.n(); }

void check_shape(const AttentionHead& head, const AttentionOptions& o) {
  const SampleMatrix& a = head.probabilities;
  if (a.is_centered() || a.normalization() != Normalize::none)
    throw InvalidArgument(about(head) + "probabilities cannot be centered or normalized as samples are");
  if (o.causal && a.n() > a.d())
    throw InvalidArgument(about(head) + "causal with " + std::to_string(a.n()) + " queries and " + std::to_string(a.d()) +
                          " keys; every query needs a key at its own position");
  if (o.causal && a.selection() != nullptr)
    throw InvalidArgument(about(head) + "causal with chosen rows: their positions are not known; give all rows, and padding as tokens");
  if (head.tokens.empty()) return;
  if (head.tokens.size() != a.d())
    throw InvalidArgument(about(head) + "the mask has " + std::to_string(head.tokens.size()) + " entries for " + std::to_string(a.d()) +
                          " keys");
  if (a.n() > a.d())
    throw InvalidArgument(about(head) + "a mask of keys is one of queries too, and there are " + std::to_string(a.n()) + " queries for " +
                          std::to_string(a.d()) + " keys");
}

AttentionRows counted_rows(const AttentionHead& head) {
  AttentionRows out;
  for (std::size_t i = 0; i < head.probabilities.n(); ++i)
    if (head.tokens.empty() || head.tokens[i + offset_of(head)] != 0) out.query.push_back(i);
  if (out.query.empty()) throw InvalidArgument(about(head) + "no row is left to count: every query is padding");
  out.entropy.resize(out.query.size());
  out.cap.resize(out.query.size());
  return out;
}

// Probabilities of the keys that query i may attend to, to the front of `row`; returns how many.
std::size_t load_keys(const AttentionHead& head, const RowLoader& loader, const AttentionOptions& o, std::size_t i, double* row) {
  const std::size_t keys = head.probabilities.d(), end = o.causal ? i + offset_of(head) + 1 : keys;
  loader.load(i, 1, row, keys);
  if (head.tokens.empty()) return end;
  std::size_t count = 0;
  for (std::size_t j = 0; j < end; ++j)
    if (head.tokens[j] != 0) row[count++] = row[j];
  return count;
}

void measure(const AttentionHead& head, const RowLoader& loader, const AttentionOptions& o, AttentionRows& rows, Block& block) {
  std::vector<double> row(head.probabilities.d());
  std::size_t last_count = 0;
  double cap = 0;
  for (std::size_t k = block.first; k < block.last; ++k) {
    const std::size_t i = rows.query[k], count = load_keys(head, loader, o, i, row.data());
    const detail::WeightTotal total = detail::entropy_kernels().total(row.data(), count);
    if (!total.valid) {
      block.found = true;
      block.bad_row = i;
      return;
    }
    const double error = std::abs(total.sum - 1);
    if (error > std::abs(block.worst_sum - 1)) {
      block.worst_sum = total.sum;
      block.worst_row = i;
      block.worst_keys = count;
    }
    if (error > o.tolerance) {
      ++block.off;
      continue;
    }
    const std::span<const double> p(row.data(), count);
    if (count != last_count) cap = std::log(static_cast<double>(count));
    last_count = count;
    rows.entropy[k] = o.order == 1 ? shannon_entropy(p, total.sum) : renyi_entropy(p, o.order);
    rows.cap[k] = cap;
  }
}

// The first entry of a row that is no probability, among the keys that the query may attend to.
std::string first_bad(const AttentionHead& head, const AttentionOptions& o, std::size_t i) {
  const std::size_t keys = head.probabilities.d(), end = o.causal ? i + offset_of(head) + 1 : keys;
  std::vector<double> row(keys);
  RowLoader(head.probabilities).load(i, 1, row.data(), keys);
  std::size_t j = 0;
  while (j + 1 < end && ((!head.tokens.empty() && head.tokens[j] == 0) || (row[j] >= 0 && std::isfinite(row[j])))) ++j;
  return "row " + std::to_string(i) + ", column " + std::to_string(j) + " is " + shown(row[j]);
}

// The first probability that is none, else the row furthest from the sum 1.
void refuse(std::span<const AttentionHead> heads, std::span<const Block> blocks, const AttentionOptions& o) {
  const auto bad = std::find_if(blocks.begin(), blocks.end(), [](const Block& b) { return b.found; });
  if (bad != blocks.end())
    throw InvalidArgument(about(heads[bad->head]) + first_bad(heads[bad->head], o, bad->bad_row) +
                          "; probabilities must be in [0, 1]: give them after the softmax");
  std::size_t off = 0;
  for (const Block& b : blocks) off += b.off;
  if (off == 0) return;
  const auto worst = std::max_element(blocks.begin(), blocks.end(),
                                      [](const Block& a, const Block& b) { return std::abs(a.worst_sum - 1) < std::abs(b.worst_sum - 1); });
  throw InvalidArgument(about(heads[worst->head]) + "row " + std::to_string(worst->worst_row) + " sums to " + shown(worst->worst_sum) +
                        " over its " + std::to_string(worst->worst_keys) + " keys, not to 1 within " + shown(o.tolerance) +
                        " (the worst of " + std::to_string(off) +
                        " rows): give probabilities after the softmax and before dropout, and see whether causal and the mask are "
                        "those of the model");
}

}  // namespace

AttentionOptions attention_options(const OptionMap& given) { return read_options(table(), card(), given); }

std::vector<AttentionRows> attention_rows(std::span<const AttentionHead> heads, const AttentionOptions& options, const Context& context) {
  validate(table(), options, card());
  std::vector<AttentionRows> out;
  std::vector<RowLoader> loaders;
  std::vector<Block> blocks;
  for (std::size_t h = 0; h < heads.size(); ++h) {
    check_shape(heads[h], options);
    out.push_back(counted_rows(heads[h]));
    loaders.emplace_back(heads[h].probabilities);
    for (std::size_t first = 0; first < out[h].query.size(); first += kRows) {
      Block block{};
      block.head = h;
      block.first = first;
      block.last = std::min(first + kRows, out[h].query.size());
      block.worst_sum = 1;
      blocks.push_back(block);
    }
  }
  parallel_for(context, blocks.size(), [&](std::size_t item) {
    Block& block = blocks[item];
    measure(heads[block.head], loaders[block.head], options, out[block.head], block);
  });
  refuse(heads, blocks, options);
  for (const Block& block : blocks) out[block.head].sum_error = std::max(out[block.head].sum_error, std::abs(block.worst_sum - 1));
  return out;
}

AttentionSummary summarize(std::span<const double> entropy, std::span<const double> cap, const AttentionOptions& options) {
  AttentionSummary s;
  s.rows = entropy.size();
  Sum total, most;
  std::size_t collapsed = 0, overloaded = 0;
  for (std::size_t i = 0; i < entropy.size(); ++i) {
    total.add(entropy[i]);
    most.add(cap[i]);
    if (!(cap[i] > 0)) {
      ++s.single_key_rows;
    } else {
      if (entropy[i] < options.collapse * cap[i]) ++collapsed;
      if (entropy[i] > options.overload * cap[i]) ++overloaded;
    }
  }
  const auto rows = static_cast<double>(s.rows), choosing = static_cast<double>(s.rows - s.single_key_rows);
  s.entropy = total.value() / rows;
  s.cap = most.value() / rows;
  s.least = *std::min_element(entropy.begin(), entropy.end());
  s.most = *std::max_element(entropy.begin(), entropy.end());
  s.collapse_share = choosing > 0 ? static_cast<double>(collapsed) / choosing : std::numeric_limits<double>::quiet_NaN();
  s.overload_share = choosing > 0 ? static_cast<double>(overloaded) / choosing : std::numeric_limits<double>::quiet_NaN();
  s.collapsed = s.entropy < options.collapse * s.cap;
  return s;
}

namespace {

// The rows of run number o.part; all of them for 0.
AttentionRows chosen_part(AttentionRows rows, std::size_t queries, const AttentionOptions& o) {
  const auto parts = static_cast<std::size_t>(o.parts);
  if (o.part > o.parts)
    throw InvalidArgument("attention_entropy: part = " + std::to_string(o.part) + " of parts = " + std::to_string(o.parts) +
                          "; it must be 1 to parts, or 0 for all queries");
  if (parts > queries)
    throw InvalidArgument("attention_entropy: parts = " + std::to_string(o.parts) + " of " + std::to_string(queries) +
                          " queries; at most as many parts as queries");
  if (o.part == 0) return rows;
  AttentionRows out;
  out.sum_error = rows.sum_error;
  for (std::size_t k = 0; k < rows.query.size(); ++k) {
    if (part_of(rows.query[k], queries, parts) + 1 != static_cast<std::size_t>(o.part)) continue;
    out.query.push_back(rows.query[k]);
    out.entropy.push_back(rows.entropy[k]);
    out.cap.push_back(rows.cap[k]);
  }
  return out;
}

Estimate compute(const SampleMatrix& a, const AttentionOptions& o, const Context& context) {
  Estimate e = begin_estimate(card(), detail::chosen(card(), o.convention, o.compat), values(table(), o));
  e.unit = o.unit;
  require_features(a.d(), e.estimator);
  require_rows(a.n(), 2, e.estimator);
  const Survey found = survey(a, context);
  require_finite(found, e.estimator);
  e.n = a.n();
  e.d = a.d();
  const std::vector<AttentionHead> heads{{a, "", {}}};
  const AttentionRows rows = chosen_part(attention_rows(heads, o, context).front(), a.n(), o);
  const AttentionSummary s = summarize(rows.entropy, rows.cap, o);
  e.backend_requested = e.backend_used = "direct";
  e.diagnostics.set("duplicate_rows", static_cast<std::int64_t>(found.duplicate_rows));
  e.diagnostics.set("constant_columns", static_cast<std::int64_t>(found.constant_columns));
  if (s.rows > s.single_key_rows) {
    e.diagnostics.set("collapse_share", s.collapse_share);
    e.diagnostics.set("overload_share", s.overload_share);
  }
  if (o.part > 0) {
    e.diagnostics.set("first_query", static_cast<std::int64_t>(rows.query.front()));
    e.diagnostics.set("last_query", static_cast<std::int64_t>(rows.query.back()));
  }
  e.diagnostics.set("single_key_rows", static_cast<std::int64_t>(s.single_key_rows));
  e.diagnostics.set("collapsed", s.collapsed);
  e.diagnostics.set("least_row_entropy", s.least * nats_to(o.unit));
  e.diagnostics.set("largest_row_entropy", s.most * nats_to(o.unit));
  e.diagnostics.set("row_sum_error", rows.sum_error);
  set_entropy(e, s.entropy, s.cap, o.unit);
  const double total = sum(rows.entropy);
  e.substituted = std::to_string(s.rows) + (o.causal ? " causal rows" : " rows") + "; q = " + to_text(OptionValue(o.order)) +
                  "; sum of H_q(p_i) = " + shown(total) + "; " + shown(total) + " / " + std::to_string(s.rows) + " = " + shown(s.entropy) +
                  " nats" + unit_step(s.entropy, o.unit);
  return e;
}

}  // namespace

Estimate attention_entropy(const SampleMatrix& a, const AttentionOptions& options, const Context& context) {
  validate(table(), options, card());
  return compute(a, options, context);
}

const EstimatorInfo& attention_entropy_info() {
  static const EstimatorInfo info = make_estimator<AttentionOptions>(
      card(), table(),
      [](const Inputs& inputs, const AttentionOptions& o, const Context& context) { return compute(inputs.samples.front(), o, context); },
      [](const AttentionOptions&, std::size_t n, std::size_t d) {
        return Footprint{true, 64 * static_cast<double>(n) + 1024 * static_cast<double>(d)};
      });
  return info;
}

}  // namespace entrospect
