#include "entrospect/core/diagnostics.hpp"

#include <algorithm>

namespace entrospect {

void Diagnostics::set(std::string name, DiagnosticValue value) {
  const auto found = std::find_if(items_.begin(), items_.end(), [&](const auto& item) { return item.first == name; });
  if (found != items_.end()) {
    found->second = std::move(value);
  } else {
    items_.emplace_back(std::move(name), std::move(value));
  }
}

const DiagnosticValue* Diagnostics::find(std::string_view name) const {
  for (const auto& [key, value] : items_)
    if (key == name) return &value;
  return nullptr;
}

}  // namespace entrospect
