#include "entrospect/bindings/cli/table.hpp"

#include <algorithm>

namespace entrospect::cli {
namespace {

constexpr std::size_t gap = 2;

std::string without_trailing_blanks(std::string line) {
  line.erase(line.find_last_not_of(' ') + 1);
  return line + '\n';
}

}  // namespace

std::string TextTable::text(const Style& style) const {
  std::vector<std::size_t> widths;
  std::size_t head_lines = 0;
  for (std::size_t c = 0; c < columns_.size(); ++c) {
    std::size_t width = 0;
    for (const std::string& head : columns_[c].heads) width = std::max(width, width_of(head));
    for (const auto& row : rows_) width = std::max(width, width_of(row[c].text));
    widths.push_back(width);
    head_lines = std::max(head_lines, columns_[c].heads.size());
  }

  std::string out;
  for (std::size_t first = 1, last = 1; first < columns_.size() || first == 1; first = last) {
    std::size_t used = widths[0];
    for (last = first; last < columns_.size(); ++last) {
      used += gap + widths[last];
      if (style.width != 0 && used > style.width && last > first) break;
    }
    if (!out.empty()) out += '\n';
    const auto line = [&](const auto& cell) {
      std::string text;
      for (std::size_t c = 0; c < last; c = c == 0 ? first : c + 1) {
        const TableCell shown = cell(c);
        const bool right = columns_[c].align == Align::right;
        const std::string whole = padded(shown.text, widths[c], right);
        text += (c == 0 ? "" : std::string(gap, ' ')) + inked(whole, shown.ink, style);
      }
      out += style.color ? text + '\n' : without_trailing_blanks(text);
    };
    for (std::size_t h = 0; h < head_lines; ++h)
      line([&](std::size_t c) {
        const auto& heads = columns_[c].heads;
        return TableCell{h < heads.size() ? heads[h] : std::string(), h == 0 ? Ink::bold : Ink::dim};
      });
    for (const auto& row : rows_) line([&](std::size_t c) { return row[c]; });
    if (last >= columns_.size()) break;
  }
  return out;
}

}  // namespace entrospect::cli
