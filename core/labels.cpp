#include "entrospect/core/labels.hpp"

#include <map>

#include "entrospect/core/errors.hpp"

namespace entrospect {
namespace {

std::string text(std::int64_t value) { return std::to_string(value); }
const std::string& text(const std::string& value) { return value; }

template <class T>
Labels::Classes group(const std::vector<T>& values) {
  std::map<T, std::vector<std::size_t>> rows;  // bytes of UTF-8 sort as code points do
  for (std::size_t i = 0; i < values.size(); ++i) rows[values[i]].push_back(i);
  Labels::Classes out;
  for (auto& [value, members] : rows) {
    out.names.push_back(text(value));
    out.rows.push_back(std::move(members));
  }
  return out;
}

}  // namespace

std::size_t Labels::n() const {
  return std::visit([](const auto& values) { return values.size(); }, values_);
}

Labels::Classes Labels::classes() const {
  if (const auto* whole = std::get_if<std::vector<std::int64_t>>(&values_)) return group(*whole);
  if (const auto* texts = std::get_if<std::vector<std::string>>(&values_)) return group(*texts);
  throw InvalidArgument("labels are real numbers; classes need whole numbers or texts: convert them to integers, or bin them first");
}

}  // namespace entrospect
