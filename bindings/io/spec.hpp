#pragma once
// Estimators and their options as text: "dse:t=2,vendi_score:order=2,kernel=gaussian". `,` and `:` separate items; an item with `=` is
// an option of the estimator before it. The command's -e, Python's estimators=[...] and config files share this grammar.

#include <string>
#include <string_view>
#include <vector>

#include "entrospect/core/registry.hpp"

namespace entrospect::io {

struct EstimatorSpec {
  const EstimatorInfo* estimator = nullptr;  // an entry of catalogue()
  OptionMap options;                         // as given, checked, in the order of the estimator's table
};

// Throws InvalidArgument / WrongType: unknown estimators and options with the nearest name, values with what is allowed, an option without
// an estimator, an option given twice, an estimator given twice with the same options.
std::vector<EstimatorSpec> parse_estimators(std::string_view text);

// Sets one more option, with the same checks as the parser.
void set_option(EstimatorSpec& spec, std::string_view name, const OptionValue& value);

// The field called `name` (`-` and `_` alike), or null.
const FieldInfo* find_field(const EstimatorInfo& estimator, std::string_view name);

// Reads back as the same spec: "vendi_score:order=2,kernel=gaussian".
std::string spec_text(const EstimatorSpec& spec);

}  // namespace entrospect::io
