#pragma once
// What a door needs to know about an estimator, and the adaptor that builds it from an options table and a plain function.

#include <algorithm>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "entrospect/core/context.hpp"
#include "entrospect/core/estimate.hpp"
#include "entrospect/core/labels.hpp"
#include "entrospect/core/options.hpp"
#include "entrospect/core/sample_matrix.hpp"

namespace entrospect {

// The data of one call. Estimators state how many sample matrices and which per-row inputs they take.
struct Inputs {
  std::vector<SampleMatrix> samples;
  std::optional<Labels> labels;
  std::vector<double> weights;
};

enum class Need { none, optional, required };

// What a replicate of the data may leave out: what was drawn independently of the rest. `similarities`: a sample matrix is n x n, so row i
// and column i go together (kernel = precomputed means this for every estimator). `none`: the data are one object, interval is refused.
enum class Resampling {
  stratified,  // rows; where labels are classes, the same share of each
  rows,        // rows whatever their labels: the labels are the data
  groups,      // all rows of a label together
  similarities,
  none
};

// A named way of computing the quantity. `convention` ids choose between legitimate definitions; `compat` ids reproduce a named tool's
// number, faults included. `preset` holds the options that it sets: they replace options left at their defaults.
struct ConventionInfo {
  std::string id;
  bool compat = false;
  std::string formula;  // one line
  OptionMap preset;
  std::vector<std::string> faults;  // compat only: what is reproduced
};

// The part of EstimatorInfo that its author writes down.
struct EstimatorCard {
  std::string name;
  std::vector<std::string> aliases;
  std::string summary;  // one sentence
  std::string formula;  // of the default convention
  std::string unit;     // "entropy" (nats or bits), "count" or "none"
  std::string range;
  std::string cap;  // "none" when nothing finite bounds the value
  std::string cost;
  std::vector<std::string> references;
  Need labels = Need::none;
  Need weights = Need::none;
  bool differentiable = false;  // set by make_estimator()
  bool mergeable = false;
  int version = 1;  // of the numbers: raised whenever a default or a formula changes
  std::vector<std::string> sample_names{"x"};
  Resampling resampling = Resampling::stratified;
  bool linear_entropy = false;              // at order 1 a Shannon entropy of the eigenvalues of x^T x: Page's formula is its Gaussian null
  bool more_samples = false;                // any number of sample matrices may follow those that have names: see sample_name()
  bool paired = true;                       // row i of every sample matrix belongs to one sample, so all have as many rows
  std::vector<ConventionInfo> conventions;  // the first is the default
};

// Of the i-th sample matrix, in messages and in front of its diagnostics: its name on the card, or its place after those: "x3", "x4".
std::string sample_name(const EstimatorCard& card, std::size_t i);

// What a call on n x d samples asks of memory, so that a door can stream a large file, or refuse before it starts. With several sample
// matrices d is the largest, and n counts the rows of all of them unless they are paired.
struct Footprint {
  bool streams = false;  // reads the rows a fixed number of times from first to last, so they may stay in a file
  double bytes = 0;      // largest working memory beyond the rows themselves
  double each_more = 0;  // and for every sample matrix beyond those that the card names
};
// The common cases: one f64 matrix on the smaller side with its solver's copy, and every pair of rows with the same.
inline Footprint covariance_footprint(std::size_t n, std::size_t d) {
  const auto side = static_cast<double>(std::min(n, d));
  return {n >= d, 16 * side * side};
}
inline Footprint pairs_footprint(std::size_t n) { return {false, 16 * static_cast<double>(n) * static_cast<double>(n)}; }

// An estimate and its derivative with respect to the first sample matrix.
struct ValueAndGradient {
  Estimate estimate;
  std::vector<double> gradient;  // n x d, row-major, in the estimate's unit: of the values as they are before any deferred operation
};

struct EstimatorInfo {
  EstimatorCard card;
  std::vector<FieldInfo> fields;
  std::function<Estimate(const Inputs&, const OptionMap&, const Context&)> run;
  std::function<Footprint(const OptionMap&, std::size_t n, std::size_t d)> footprint;
  std::function<ValueAndGradient(const Inputs&, const OptionMap&, const Context&)> gradient;  // empty: not differentiable
};

namespace detail {
void check_inputs(const EstimatorCard& card, const Inputs& inputs);
[[noreturn]] void unknown_option(const EstimatorCard& card, const std::string& name, const std::vector<FieldInfo>& fields);
// The chosen convention or compat entry; throws listing the valid ids.
const ConventionInfo& chosen(const EstimatorCard& card, const std::string& convention, const std::string& compat);
// Inside a catch block: throws the InvalidArgument or WrongType on with the estimator's name in front, unless it is there already.
[[noreturn]] void rethrow_named(const EstimatorCard& card);
}  // namespace detail

namespace detail {
const ConventionInfo& apply_preset(void* options, const Fields& table, const EstimatorCard& card, const ConventionInfo& convention,
                                   const OptionMap& keep);
void assign(void* options, const Fields& table, const EstimatorCard& card, const OptionMap& given);
OptionMap values(const Fields& table, const void* options);
void validate(const Fields& table, const void* options, const EstimatorCard& card);
}  // namespace detail

// Applies the preset of options.convention / options.compat to every option that is still at its default, except those in `keep`.
template <class Options>
const ConventionInfo& apply_preset(Options& options, const FieldTable<Options>& table, const EstimatorCard& card,
                                   const OptionMap& keep = {}) {
  return detail::apply_preset(&options, table, card, detail::chosen(card, options.convention, options.compat), keep);
}

// Every option with its value: for Estimate::options.
template <class Options>
OptionMap values(const FieldTable<Options>& table, const Options& options) {
  return detail::values(table, &options);
}

template <class Options>
void validate(const FieldTable<Options>& table, const Options& options, const EstimatorCard& card) {
  detail::validate(table, &options, card);
}

// Options from names and values: defaults, then the given ones, then the chosen preset for what was not given.
template <class Options>
Options read_options(const FieldTable<Options>& table, const EstimatorCard& card, const OptionMap& given) {
  Options options{};
  detail::assign(&options, table, card, given);
  apply_preset(options, table, card, given);
  return options;
}

namespace detail {
// From an options aggregate to names and values. Faults of the input carry the estimator's name.
template <class Result, class Options>
std::function<Result(const Inputs&, const OptionMap&, const Context&)> adapted(
    EstimatorCard card, const FieldTable<Options>& table, std::function<Result(const Inputs&, const Options&, const Context&)> function) {
  return [card = std::move(card), &table, function = std::move(function)](const Inputs& inputs, const OptionMap& given,
                                                                          const Context& context) {
    try {
      check_inputs(card, inputs);
      return function(inputs, read_options(table, card, given), context);
    } catch (const std::invalid_argument&) {
      rethrow_named(card);
    }
  };
}
}  // namespace detail

// Without a `footprint` an estimator counts as one that compares every pair of rows; without a `gradient` it is not differentiable.
template <class Options>
EstimatorInfo make_estimator(EstimatorCard card, const FieldTable<Options>& table,
                             std::function<Estimate(const Inputs&, const Options&, const Context&)> function,
                             std::function<Footprint(const Options&, std::size_t n, std::size_t d)> footprint = {},
                             std::function<ValueAndGradient(const Inputs&, const Options&, const Context&)> gradient = {}) {
  card.differentiable = static_cast<bool>(gradient);
  EstimatorInfo info{card, table.infos(), detail::adapted<Estimate>(card, table, std::move(function)), nullptr, nullptr};
  if (gradient) info.gradient = detail::adapted<ValueAndGradient>(card, table, std::move(gradient));
  info.footprint = [card = std::move(card), &table, footprint = std::move(footprint)](const OptionMap& given, std::size_t n,
                                                                                      std::size_t d) {
    const Options options = read_options(table, card, given);
    return footprint ? footprint(options, n, d) : pairs_footprint(n);
  };
  return info;
}

}  // namespace entrospect
