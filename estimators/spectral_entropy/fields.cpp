#include "entrospect/estimators/spectral_entropy/fields.hpp"

namespace entrospect::fields {

const Choices<Unit>& entropy_unit_choices() {
  static const Choices<Unit> choices{{"nats", Unit::nats}, {"bits", Unit::bits}};
  return choices;
}

const Choices<Normalize>& normalize_choices() {
  static const Choices<Normalize> choices{{"none", Normalize::none}, {"l2", Normalize::l2}, {"standardize", Normalize::standardize}};
  return choices;
}

const Choices<ZeroRows>& zero_rows_choices() {
  static const Choices<ZeroRows> choices{{"error", ZeroRows::error}, {"drop", ZeroRows::drop}};
  return choices;
}

std::vector<std::string> ids(const EstimatorCard& card, bool compat) {
  std::vector<std::string> out;
  if (compat) out.emplace_back();
  for (const ConventionInfo& convention : card.conventions)
    if (convention.compat == compat) out.push_back(convention.id);
  return out;
}

}  // namespace entrospect::fields
