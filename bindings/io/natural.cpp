#include <cstddef>

#include "entrospect/bindings/io/tensors.hpp"

namespace entrospect::io {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// The run of digits at `i` without its leading zeros; moves `i` behind it.
std::string_view take_number(std::string_view text, std::size_t& i) {
  while (i < text.size() && text[i] == '0') ++i;
  const std::size_t first = i;
  while (i < text.size() && is_digit(text[i])) ++i;
  return text.substr(first, i - first);
}

}  // namespace

bool natural_less(std::string_view a, std::string_view b) {
  std::size_t i = 0, j = 0;
  while (i < a.size() && j < b.size()) {
    if (is_digit(a[i]) && is_digit(b[j])) {
      const std::string_view x = take_number(a, i), y = take_number(b, j);
      if (x.size() != y.size()) return x.size() < y.size();
      if (x != y) return x < y;
    } else {
      if (a[i] != b[j]) return static_cast<unsigned char>(a[i]) < static_cast<unsigned char>(b[j]);
      ++i, ++j;
    }
  }
  if (i < a.size() || j < b.size()) return i == a.size();
  return a < b;  // equal except for leading zeros
}

}  // namespace entrospect::io
