#pragma once
// Ordered name -> number or text. What ran, what was dropped, copied or assumed; part of every Estimate.

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace entrospect {

using DiagnosticValue = std::variant<bool, std::int64_t, double, std::string>;

class Diagnostics {
 public:
  // Replaces the value when the name is already there, keeping its place.
  void set(std::string name, DiagnosticValue value);
  [[nodiscard]] const DiagnosticValue* find(std::string_view name) const;
  [[nodiscard]] const std::vector<std::pair<std::string, DiagnosticValue>>& items() const { return items_; }

 private:
  std::vector<std::pair<std::string, DiagnosticValue>> items_;
};

}  // namespace entrospect
