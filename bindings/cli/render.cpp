#include "entrospect/bindings/cli/render.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <map>

#include "entrospect/bindings/cli/table.hpp"

namespace entrospect::cli {
namespace {

std::string fixed(double value, int decimals) {
  std::array<char, 64> text{};
  const bool plain = value == 0 || (std::abs(value) < 1e9 && std::abs(value) >= 1e-6);
  std::snprintf(text.data(), text.size(), plain ? "%.*f" : "%.*e", plain ? decimals : 4, value);
  return text.data();
}

// Decimals that show five significant digits of the largest value of a column, so that the points line up.
int decimals_for(std::span<const io::ResultRow* const> column) {
  double largest = 0;
  for (const io::ResultRow* row : column)
    if (row != nullptr && row->value) largest = std::max(largest, std::abs(*row->value));
  if (largest == 0) return 4;
  return std::clamp(4 - static_cast<int>(std::floor(std::log10(largest))), 1, 8);
}

// Letters for notes, in order of appearance; equal notes share a letter.
class Footnotes {
 public:
  std::string mark(const std::string& text) {
    const auto found = std::find(texts_.begin(), texts_.end(), text);
    const auto index = static_cast<std::size_t>(found - texts_.begin());
    if (found == texts_.end()) texts_.push_back(text);
    return letters(index);
  }
  [[nodiscard]] std::string text(const Style& style) const {
    std::string out;
    for (std::size_t i = 0; i < texts_.size(); ++i) {
      const std::string mark = letters(i), note = wrapped("  " + mark + "  " + texts_[i], 4 + mark.size(), style);
      out += "  " + inked(mark, Ink::yellow, style) + note.substr(2 + mark.size());
    }
    return out;
  }

 private:
  static std::string letters(std::size_t index) {
    std::string out(1, static_cast<char>('a' + index % 26));
    for (index /= 26; index > 0; index /= 26) out.insert(out.begin(), static_cast<char>('a' + (index - 1) % 26));
    return out;
  }
  std::vector<std::string> texts_;
};

std::string note_text(const io::ResultRow& row) {
  std::string out;
  const auto add = [&out](const std::string& part) { out += (out.empty() ? "" : "; ") + part; };
  if (row.status != "ok") add(row.status + (row.reason.empty() ? "" : ": " + row.reason));
  for (const std::string& warning : row.warnings) add(warning);
  return out;
}

// One column of values with the same number of decimals and room for marks only where there are any.
std::vector<TableCell> value_column(std::span<const io::ResultRow* const> rows, Footnotes& notes) {
  const int decimals = decimals_for(rows);
  std::vector<std::string> marks;
  std::size_t mark_width = 0;
  for (const io::ResultRow* row : rows) {
    const std::string note = row == nullptr ? std::string() : note_text(*row);
    marks.push_back(note.empty() ? std::string() : " " + notes.mark(note));
    mark_width = std::max(mark_width, marks.back().size());
  }
  std::vector<TableCell> cells;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const io::ResultRow* row = rows[i];
    TableCell cell;
    if (row == nullptr) {
      cells.push_back(cell);
      continue;
    }
    cell.text = row->value ? fixed(*row->value, decimals) : row->status;
    if (row->value && row->std_error) cell.text += " ± " + fixed(*row->std_error, decimals);
    cell.text += padded(marks[i], mark_width, false);
    cell.ink = !row->value ? Ink::red : row->status != "ok" ? Ink::yellow : Ink::plain;
    cells.push_back(std::move(cell));
  }
  return cells;
}

TextTable::Column left(const std::string& head) { return {{head}, TextTable::Align::left}; }
TextTable::Column right(const std::string& head) { return {{head}, TextTable::Align::right}; }

std::string options_text(const io::EstimatorSpec& spec) {
  std::string out;
  for (const auto& [name, value] : spec.options) out += (out.empty() ? "" : " ") + name + "=" + entrospect::to_text(value);
  return out;
}

std::string unit_of(std::span<const io::ResultRow* const> column) {
  for (const io::ResultRow* row : column)
    if (row != nullptr && row->value) return row->unit;
  return {};
}

std::string size_text(const std::vector<const io::ResultRow*>& cells, std::uint64_t io::ResultRow::*size) {
  for (const io::ResultRow* row : cells)
    if (row != nullptr && row->*size > 0) return std::to_string(row->*size);
  return {};
}

// What the numbers of a column are: name, options given, formula.
std::string legend(const io::EstimatorSpec& spec) {
  const EstimatorCard& card = spec.estimator->card;
  const std::string options = options_text(spec);
  const std::string name = short_name(*spec.estimator);
  std::string out = "  " + name + (options.empty() ? "" : " (" + options + ")") + ": ";
  if (name != card.name) out += card.name + ", ";
  std::string id;
  for (const auto& [option, value] : spec.options)
    if (option == "convention" || option == "compat") id = entrospect::to_text(value);
  std::string formula = card.formula;
  for (const ConventionInfo& convention : card.conventions)
    if (convention.id == id && !convention.formula.empty()) formula = convention.formula;
  return out + formula;
}

using Group = std::vector<const ResultLine*>;

std::string block_of_group(const std::string& title, const Group& group, std::span<const io::EstimatorSpec> specs, Footnotes& notes,
                           const Style& style) {
  std::vector<TextTable::Column> columns{left("layer"), right("n"), right("d")};
  std::vector<std::vector<TableCell>> values;
  for (std::size_t e = 0; e < specs.size(); ++e) {
    std::vector<const io::ResultRow*> column;
    for (const ResultLine* line : group) column.push_back(line->cells[e]);
    TextTable::Column head = right(short_name(*specs[e].estimator));
    if (const std::string options = options_text(specs[e]); !options.empty()) head.heads.push_back(options);
    head.heads.push_back(unit_of(column));
    columns.push_back(std::move(head));
    values.push_back(value_column(column, notes));
  }
  // Units stand in the last header line of every column, whether or not the column lists options.
  std::size_t lines = 0;
  for (const auto& column : columns) lines = std::max(lines, column.heads.size());
  for (std::size_t c = 3; c < columns.size(); ++c)
    if (columns[c].heads.size() < lines) columns[c].heads.insert(columns[c].heads.begin() + 1, std::string());

  TextTable table(std::move(columns));
  for (std::size_t i = 0; i < group.size(); ++i) {
    std::vector<TableCell> row{
        {group[i]->label}, {size_text(group[i]->cells, &io::ResultRow::n)}, {size_text(group[i]->cells, &io::ResultRow::d)}};
    for (const auto& column : values) row.push_back(column[i]);
    table.add(std::move(row));
  }
  return (title.empty() ? "" : inked(title, Ink::bold, style) + '\n') + table.text(style);
}

std::string block_of_estimator(std::size_t e, const io::EstimatorSpec& spec, const std::vector<Group>& groups,
                               const std::vector<std::string>& names, Footnotes& notes, const Style& style) {
  std::vector<const io::ResultRow*> all;
  for (const Group& group : groups)
    for (const ResultLine* line : group) all.push_back(line->cells[e]);
  std::vector<TextTable::Column> columns{left("layer"), right("n"), right("d")};
  for (const std::string& name : names) columns.push_back(right(name));
  TextTable table(std::move(columns));
  const std::vector<TableCell> values = value_column(all, notes);
  const std::size_t layers = groups.front().size();
  for (std::size_t i = 0; i < layers; ++i) {
    const auto& first = groups.front()[i]->cells;
    std::vector<TableCell> row{{groups.front()[i]->label}, {size_text(first, &io::ResultRow::n)}, {size_text(first, &io::ResultRow::d)}};
    for (std::size_t g = 0; g < groups.size(); ++g) row.push_back(values[g * layers + i]);
    table.add(std::move(row));
  }
  const std::string options = options_text(spec), unit = unit_of(all);
  const std::string title = short_name(*spec.estimator) + (options.empty() ? "" : " " + options) + (unit.empty() ? "" : " [" + unit + "]");
  return inked(title, Ink::bold, style) + '\n' + table.text(style);
}

bool are_checkpoints(const std::vector<Group>& groups) {
  if (groups.size() < 2) return false;
  const auto same = [](const ResultLine* a, const ResultLine* b) { return a->label == b->label; };
  for (const Group& group : groups)
    if (!std::equal(group.begin(), group.end(), groups.front().begin(), groups.front().end(), same)) return false;
  return true;
}

}  // namespace

std::string short_name(const EstimatorInfo& estimator) {
  std::string out = estimator.card.name;
  for (const std::string& alias : estimator.card.aliases)
    if (alias.size() < out.size()) out = alias;
  return out;
}

std::vector<std::string> short_names(std::span<const std::string> paths) {
  std::vector<std::vector<std::string>> parts;
  for (const std::string& path : paths) {
    parts.emplace_back();
    for (std::size_t begin = 0; begin <= path.size();) {
      const std::size_t end = std::min(path.find('/', begin), path.size());
      parts.back().push_back(path.substr(begin, end - begin));
      begin = end + 1;
    }
  }
  const auto all_share = [&parts](auto component) {
    for (const auto& list : parts)
      if (list.size() < 2 || component(list) != component(parts.front())) return false;
    return parts.size() > 1;
  };
  while (all_share([](const auto& list) { return list.front(); }))
    for (auto& list : parts) list.erase(list.begin());
  while (all_share([](const auto& list) { return list.back(); }))
    for (auto& list : parts) list.pop_back();

  std::vector<std::string> names;
  for (const auto& list : parts) {
    std::string name;
    for (const std::string& part : list) name += (name.empty() ? "" : "/") + part;
    names.push_back(std::move(name));
  }
  for (const std::string extension : {".safetensors.index.json", ".safetensors", ".npz", ".npy"})
    if (std::all_of(names.begin(), names.end(),
                    [&](const auto& name) { return name.size() > extension.size() && name.ends_with(extension); }))
      for (std::string& name : names) name.resize(name.size() - extension.size());
  return names;
}

std::string render_results(std::span<const ResultLine> lines, std::span<const io::EstimatorSpec> columns, const Style& style) {
  std::vector<std::string> titles;
  std::vector<Group> groups;
  for (const ResultLine& line : lines) {
    const auto found = std::find(titles.begin(), titles.end(), line.group);
    const auto at = static_cast<std::size_t>(found - titles.begin());
    if (found == titles.end()) {
      titles.push_back(line.group);
      groups.emplace_back();
    }
    groups[at].push_back(&line);
  }
  Footnotes notes;
  std::string out;
  if (are_checkpoints(groups)) {
    const std::vector<std::string> names = short_names(titles);
    for (std::size_t e = 0; e < columns.size(); ++e)
      out += (e == 0 ? "" : "\n") + block_of_estimator(e, columns[e], groups, names, notes, style);
  } else {
    for (std::size_t g = 0; g < groups.size(); ++g)
      out += (g == 0 ? "" : "\n") + block_of_group(titles[g], groups[g], columns, notes, style);
  }
  std::string below = notes.text(style);
  for (const io::EstimatorSpec& spec : columns) below += inked(wrapped(legend(spec), 4, style), Ink::dim, style);
  return out + (below.empty() ? "" : "\n" + below);
}

}  // namespace entrospect::cli
