#include "entrospect/bindings/io/spec.hpp"

#include <algorithm>

#include "entrospect/estimators/catalogue.hpp"

namespace entrospect::io {
namespace {

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view blanks = " \t\r\n";
  const std::size_t first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

std::string quoted(std::string_view text) { return "'" + std::string(text) + "'"; }

std::size_t position(const EstimatorInfo& estimator, std::string_view name) {
  const auto found = std::find_if(estimator.fields.begin(), estimator.fields.end(), [&](const FieldInfo& f) { return f.name == name; });
  return static_cast<std::size_t>(found - estimator.fields.begin());
}

}  // namespace

const FieldInfo* find_field(const EstimatorInfo& estimator, std::string_view name) {
  std::string wanted(name);
  std::replace(wanted.begin(), wanted.end(), '-', '_');
  const std::size_t at = position(estimator, wanted);
  return at < estimator.fields.size() ? &estimator.fields[at] : nullptr;
}

void set_option(EstimatorSpec& spec, std::string_view name, const OptionValue& value) {
  const EstimatorInfo& estimator = *spec.estimator;
  const FieldInfo* field = find_field(estimator, name);
  if (field == nullptr) detail::unknown_option(estimator.card, std::string(name), estimator.fields);
  const auto same = [&](const auto& option) { return option.first == field->name; };
  if (std::any_of(spec.options.begin(), spec.options.end(), same))
    throw InvalidArgument(estimator.card.name + ": option " + quoted(field->name) + " is given twice");
  OptionValue read = checked(*field, value, estimator.card.name);
  const auto later = [&](const auto& option) { return position(estimator, option.first) > position(estimator, field->name); };
  spec.options.emplace(std::find_if(spec.options.begin(), spec.options.end(), later), field->name, std::move(read));
}

std::vector<EstimatorSpec> parse_estimators(std::string_view text) {
  std::vector<EstimatorSpec> specs;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find_first_of(",:", begin), text.size());
    const std::string_view item = trimmed(text.substr(begin, end - begin));
    begin = end + 1;
    const std::size_t equals = item.find('=');
    if (item.empty()) throw InvalidArgument("estimators " + quoted(text) + ": a name is missing between separators or at an end");
    if (equals == std::string_view::npos) {
      specs.push_back({&find_estimator(item), {}});
    } else if (specs.empty()) {
      throw InvalidArgument("estimators " + quoted(text) + ": option " + quoted(item) +
                            " stands before any estimator; write NAME:" + std::string(item));
    } else {
      set_option(specs.back(), trimmed(item.substr(0, equals)), std::string(trimmed(item.substr(equals + 1))));
    }
  }
  for (std::size_t i = 0; i < specs.size(); ++i)
    for (std::size_t j = 0; j < i; ++j)
      if (specs[i].estimator == specs[j].estimator && specs[i].options == specs[j].options)
        throw InvalidArgument("estimators " + quoted(text) + ": " + spec_text(specs[i]) + " is given twice");
  return specs;
}

std::string spec_text(const EstimatorSpec& spec) {
  std::string out = spec.estimator->card.name;
  char separator = ':';
  for (const auto& [name, value] : spec.options) {
    out += separator + name + "=" + to_text(value);
    separator = ',';
  }
  return out;
}

}  // namespace entrospect::io
