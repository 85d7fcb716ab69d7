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
  std::string unit;     // "entropy" (nats or bits) or "count"
  std::string range;
  std::string cap;
  std::string cost;
  std::vector<std::string> references;
  Need labels = Need::none;
  Need weights = Need::none;
  bool differentiable = false;
  bool mergeable = false;
  int version = 1;  // of the numbers: raised whenever a default or a formula changes
  std::vector<std::string> sample_names{"x"};
  std::vector<ConventionInfo> conventions;  // the first is the default
};

struct EstimatorInfo {
  EstimatorCard card;
  std::vector<FieldInfo> fields;
  std::function<Estimate(const Inputs&, const OptionMap&, const Context&)> run;
};

namespace detail {
void check_inputs(const EstimatorCard& card, const Inputs& inputs);
[[noreturn]] void unknown_option(const EstimatorCard& card, const std::string& name, const std::vector<FieldInfo>& fields);
// The chosen convention or compat entry; throws listing the valid ids.
const ConventionInfo& chosen(const EstimatorCard& card, const std::string& convention, const std::string& compat);
}  // namespace detail

// Applies the preset of options.convention / options.compat to every option that is still at its default, except those in `keep`.
template <class Options>
const ConventionInfo& apply_preset(Options& options, const FieldTable<Options>& table, const EstimatorCard& card,
                                   const OptionMap& keep = {}) {
  const ConventionInfo& convention = detail::chosen(card, options.convention, options.compat);
  for (const auto& [name, value] : convention.preset) {
    const auto* entry = table.find(name);
    if (entry == nullptr) continue;
    const auto given = [&name = name](const auto& option) { return option.first == name; };
    if (std::none_of(keep.begin(), keep.end(), given) && entry->get(options) == entry->info.default_value)
      entry->set(options, checked(entry->info, value, card.name));
  }
  return convention;
}

// Every option with its value: for Estimate::options.
template <class Options>
OptionMap values(const FieldTable<Options>& table, const Options& options) {
  OptionMap out;
  for (const auto& entry : table.entries()) out.emplace_back(entry.info.name, entry.get(options));
  return out;
}

template <class Options>
void validate(const FieldTable<Options>& table, const Options& options, const EstimatorCard& card) {
  for (const auto& entry : table.entries()) (void)checked(entry.info, entry.get(options), card.name);
}

template <class Options>
EstimatorInfo make_estimator(EstimatorCard card, const FieldTable<Options>& table,
                             std::function<Estimate(const Inputs&, const Options&, const Context&)> function) {
  EstimatorInfo info{card, table.infos(), nullptr};
  info.run = [card = std::move(card), &table, fields = info.fields, function = std::move(function)](
                 const Inputs& inputs, const OptionMap& given, const Context& context) {
    detail::check_inputs(card, inputs);
    Options options{};
    for (const auto& [name, value] : given) {
      const auto* entry = table.find(name);
      if (entry == nullptr) detail::unknown_option(card, name, fields);
      entry->set(options, checked(entry->info, value, card.name));
    }
    apply_preset(options, table, card, given);
    return function(inputs, options, context);
  };
  return info;
}

}  // namespace entrospect
