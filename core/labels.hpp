#pragma once
// One label per row. Class labels are whole numbers or texts; real-valued labels are kept as they are, because only some conventions may
// bin them and none does so silently.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace entrospect {

class Labels {
 public:
  explicit Labels(std::vector<std::int64_t> values) : values_(std::move(values)) {}
  explicit Labels(std::vector<double> values) : values_(std::move(values)) {}
  explicit Labels(std::vector<std::string> values) : values_(std::move(values)) {}

  [[nodiscard]] std::size_t n() const;
  [[nodiscard]] const std::vector<double>* reals() const { return std::get_if<std::vector<double>>(&values_); }
  using Values = std::variant<std::vector<std::int64_t>, std::vector<double>, std::vector<std::string>>;
  [[nodiscard]] const Values& values() const { return values_; }

  // Rows of each class, classes in ascending order (numbers by value, texts by code point). Throws for real-valued labels.
  struct Classes {
    std::vector<std::string> names;
    std::vector<std::vector<std::size_t>> rows;
  };
  [[nodiscard]] Classes classes() const;

  // Labels of the given rows, in their order.
  [[nodiscard]] Labels select(std::span<const std::size_t> rows) const {
    return std::visit(
        [rows](const auto& values) {
          std::decay_t<decltype(values)> chosen;
          chosen.reserve(rows.size());
          for (const std::size_t row : rows) chosen.push_back(values.at(row));
          return Labels(std::move(chosen));
        },
        values_);
  }

 private:
  Values values_;
};

}  // namespace entrospect
