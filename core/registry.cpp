#include "entrospect/core/registry.hpp"

#include <algorithm>
#include <cmath>

#include "entrospect/core/errors.hpp"

namespace entrospect {

std::string sample_name(const EstimatorCard& card, std::size_t i) {
  return i < card.sample_names.size() ? card.sample_names[i] : "x" + std::to_string(i + 1);
}

}  // namespace entrospect

namespace entrospect::detail {
namespace {

std::string listed(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "'" : ", '") + word + "'";
  return out.empty() ? "none" : out;
}

void check_presence(const EstimatorCard& card, Need need, bool given, const std::string& what) {
  if (need == Need::none && given) throw InvalidArgument(card.name + ": takes no " + what);
  if (need == Need::required && !given) throw InvalidArgument(card.name + ": needs " + what + ", one per row");
}

void check_length(const EstimatorCard& card, const std::string& what, std::size_t found, std::size_t n) {
  const std::string first = card.sample_names.empty() ? "labels" : card.sample_names.front();
  if (found != n)
    throw InvalidArgument(card.name + ": " + what + " has " + std::to_string(found) + " rows where '" + first + "' has " +
                          std::to_string(n) + "; they go together row by row");
}

void check_labels(const EstimatorCard& card, const Labels& labels, std::size_t n) {
  check_length(card, "labels", labels.n(), n);
  if (labels.reals() == nullptr) return;
  for (std::size_t i = 0; i < n; ++i) {
    const double label = (*labels.reals())[i];
    if (!std::isfinite(label))
      throw InvalidArgument(card.name + ": labels[" + std::to_string(i) + "] = " + to_text(OptionValue(label)) + " is not finite");
  }
}

}  // namespace

void check_inputs(const EstimatorCard& card, const Inputs& inputs) {
  const std::size_t named = card.sample_names.size(), given = inputs.samples.size();
  if (card.more_samples ? given < named : given != named)
    throw InvalidArgument(card.name + ": takes " + std::to_string(named) + (card.more_samples ? " or more" : "") + " sample matrices (" +
                          listed(card.sample_names) + (card.more_samples ? ", ..." : "") + "), got " + std::to_string(given));
  check_presence(card, card.labels, inputs.labels.has_value(), "labels");
  check_presence(card, card.weights, !inputs.weights.empty(), "weights");
  if (inputs.samples.empty() && !inputs.labels) return;
  const std::size_t n = inputs.samples.empty() ? inputs.labels->n() : inputs.samples.front().n();
  for (std::size_t i = 1; card.paired && i < inputs.samples.size(); ++i)
    check_length(card, "'" + sample_name(card, i) + "'", inputs.samples[i].n(), n);
  if (inputs.labels) check_labels(card, *inputs.labels, n);
  if (inputs.weights.empty()) return;
  check_length(card, "weights", inputs.weights.size(), n);
  double largest = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const double w = inputs.weights[i];
    if (!(w >= 0) || std::isinf(w))
      throw InvalidArgument(card.name + ": weights[" + std::to_string(i) + "] = " + to_text(OptionValue(w)) + " is not in [0, inf)");
    largest = std::max(largest, w);
  }
  if (n > 0 && largest == 0) throw InvalidArgument(card.name + ": all weights are 0; at least one must be positive");
}

void unknown_option(const EstimatorCard& card, const std::string& name, const std::vector<FieldInfo>& fields) {
  std::vector<std::string> names;
  for (const FieldInfo& field : fields) names.push_back(field.name);
  throw InvalidArgument(card.name + ": unknown option '" + name + "'" + did_you_mean(name, names, ".") + " Options: " + listed(names));
}

const ConventionInfo& chosen(const EstimatorCard& card, const std::string& convention, const std::string& compat) {
  const bool wants_compat = !compat.empty();
  const std::string& id = wants_compat ? compat : convention;
  std::vector<std::string> valid;
  for (const ConventionInfo& candidate : card.conventions) {
    if (candidate.compat != wants_compat) continue;
    if (candidate.id == id) return candidate;
    valid.push_back(candidate.id);
  }
  throw InvalidArgument(card.name + ": " + (wants_compat ? "compat" : "convention") + " = '" + id + "' is not one of " + listed(valid) +
                        did_you_mean(id, valid));
}

void rethrow_named(const EstimatorCard& card) {
  const std::string prefix = card.name + ": ";
  try {
    throw;
  } catch (const InvalidArgument& e) {
    if (std::string_view(e.what()).starts_with(prefix)) throw;
    throw InvalidArgument(prefix + e.what());
  } catch (const WrongType& e) {
    if (std::string_view(e.what()).starts_with(prefix)) throw;
    throw WrongType(prefix + e.what());
  }
}

const ConventionInfo& apply_preset(void* options, const Fields& table, const EstimatorCard& card, const ConventionInfo& convention,
                                   const OptionMap& keep) {
  for (const auto& [name, value] : convention.preset) {
    const Field* const field = table.find(name);
    if (field == nullptr) continue;
    const auto given = [&name = name](const auto& option) { return option.first == name; };
    if (std::none_of(keep.begin(), keep.end(), given) && Fields::read(*field, options) == field->info.default_value)
      Fields::write(*field, options, checked(field->info, value, card.name));
  }
  return convention;
}

void assign(void* options, const Fields& table, const EstimatorCard& card, const OptionMap& given) {
  for (const auto& [name, value] : given) {
    const Field* const field = table.find(name);
    if (field == nullptr) unknown_option(card, name, table.infos());
    Fields::write(*field, options, checked(field->info, value, card.name));
  }
}

OptionMap values(const Fields& table, const void* options) {
  OptionMap out;
  for (const Field& field : table.entries()) out.emplace_back(field.info.name, Fields::read(field, options));
  return out;
}

void validate(const Fields& table, const void* options, const EstimatorCard& card) {
  for (const Field& field : table.entries()) (void)checked(field.info, Fields::read(field, options), card.name);
}

}  // namespace entrospect::detail
