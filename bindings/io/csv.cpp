#include "entrospect/bindings/io/detail/csv.hpp"

#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>
#include <string_view>
#include <utility>

#include "entrospect/bindings/io/detail/file.hpp"
#include "entrospect/bindings/io/detail/tensor_table.hpp"
#include "entrospect/bindings/io/detail/text.hpp"

namespace entrospect::io {
namespace {

struct Cell {
  std::string text;
  std::uint64_t offset = 0;
};

class Table {
 public:
  Table(const std::filesystem::path& path, const std::string& column, const ReadOptions& options)
      : path_(path), separator_(lower(path.extension().string()) == ".tsv" ? '\t' : ',') {
    read_text(options);
    const std::vector<Cell> first = record();
    const std::size_t index = column_index(first, column);
    if (column.empty()) cells_.push_back(first[index]);
    while (i_ < text_.size()) {
      const std::uint64_t begin = i_;
      std::vector<Cell> cells = record();
      if (cells.size() != first.size())
        fail(begin, std::to_string(first.size()) + " columns as in the first line", std::to_string(cells.size()),
             "put quotes around texts with a separator");
      cells_.push_back(std::move(cells[index]));
    }
    name_ = column;
  }

  std::vector<Cell>& cells() { return cells_; }

  [[noreturn]] void fail(std::uint64_t offset, const std::string& expected, const std::string& found, const std::string& remedy) const {
    const auto line =
        1 + std::count(text_.begin(), text_.begin() + static_cast<std::ptrdiff_t>(std::min<std::uint64_t>(offset, text_.size())), '\n');
    throw FileError({path_, name_, offset}, expected, found + " in line " + std::to_string(line), remedy);
  }

 private:
  void read_text(const ReadOptions& options) {
    const auto file = File::open(path_);
    // Each cell is a text of its own: a file of one-character lines takes many times its size.
    require_memory(file->size() * (sizeof(Cell) + 1), options.memory_limit, {path_, {}, 0});
    text_.resize(static_cast<std::size_t>(file->size()));
    file->read(0, std::as_writable_bytes(std::span(text_)));
    if (text_.starts_with("\xEF\xBB\xBF")) i_ = 3;  // byte order mark
    if (const std::size_t zero = text_.find('\0'); zero != std::string::npos)
      fail(zero, "text", "a zero byte", "save the table as UTF-8 text");
    if (!is_utf8(text_)) fail(0, "text in UTF-8", "bytes that are not", "save the table as UTF-8: iconv -t UTF-8");
    while (text_.size() > i_ && (text_.back() == '\n' || text_.back() == '\r')) text_.pop_back();  // blank lines at the end
    if (i_ >= text_.size()) fail(0, "at least one line", "an empty file", "write one label per line");
  }

  // The cells of the line at i_; moves i_ to the next line.
  std::vector<Cell> record() {
    std::vector<Cell> out;
    while (true) {
      out.push_back(cell());
      if (i_ >= text_.size()) return out;
      const char c = text_[i_++];
      if (c == separator_) {
        if (i_ >= text_.size()) {  // an empty cell at the end of the file
          out.push_back({{}, i_});
          return out;
        }
        continue;
      }
      if (c == '\r' && i_ < text_.size() && text_[i_] == '\n') ++i_;
      return out;
    }
  }

  Cell cell() {
    Cell out{{}, i_};
    if (i_ < text_.size() && text_[i_] == '"') {
      for (++i_;; ++i_) {
        if (i_ >= text_.size()) fail(out.offset, "a closing quote", "none", "close the quote, or double quotes inside a text");
        if (text_[i_] == '"' && (i_ + 1 >= text_.size() || text_[i_ + 1] != '"')) break;
        if (text_[i_] == '"') ++i_;
        out.text += text_[i_];
      }
      ++i_;
      if (i_ < text_.size() && text_[i_] != separator_ && text_[i_] != '\n' && text_[i_] != '\r')
        fail(i_, "a separator or the end of the line after a quote", "'" + printable(text_.substr(i_, 10)) + "'",
             "double quotes inside a text");
      return out;
    }
    while (i_ < text_.size() && text_[i_] != separator_ && text_[i_] != '\n' && text_[i_] != '\r') out.text += text_[i_++];
    const std::size_t first = out.text.find_first_not_of(" \t"), last = out.text.find_last_not_of(" \t");
    out.text = first == std::string::npos ? std::string() : out.text.substr(first, last - first + 1);
    return out;
  }

  std::size_t column_index(const std::vector<Cell>& header, const std::string& column) {
    std::string names;
    for (const Cell& c : header) names += (names.empty() ? "" : ", ") + c.text;
    if (column.empty()) {
      if (header.size() == 1) return 0;
      fail(0, "one column, or the name of one", std::to_string(header.size()) + " columns: " + printable(names),
           "name the column: " + printable(path_.string()) + ":NAME");
    }
    const auto named = [&](const Cell& c) { return c.text == column; };
    const auto found = std::find_if(header.begin(), header.end(), named);
    if (found == header.end()) fail(0, "the column '" + printable(column) + "'", "these: " + printable(names), "use one of these names");
    if (std::count_if(header.begin(), header.end(), named) > 1)
      fail(0, "the column '" + printable(column) + "' once", "it again", "rename one");
    return static_cast<std::size_t>(found - header.begin());
  }

  std::filesystem::path path_;
  std::string name_;
  char separator_;
  std::string text_;
  std::size_t i_ = 0;
  std::vector<Cell> cells_;
};

bool is_missing(const std::string& text) {
  const std::string word = lower(text);
  return word.empty() || word == "na" || word == "n/a" || word == "nan" || word == "null";
}

// Locale-independent; the whole text or nothing. A result out of the type's range is nothing as well.
template <class T>
std::optional<T> number(std::string_view text) {
  if (text.starts_with('+') && !text.starts_with("+-")) text.remove_prefix(1);
  T value{};
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || stop != text.data() + text.size()) return std::nullopt;
  return value;
}

bool is_whole_literal(std::string_view text) {
  if (text.starts_with('+') || text.starts_with('-')) text.remove_prefix(1);
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

enum class Type { whole, real, text };

Type type_of(const std::vector<Cell>& cells, std::size_t first) {
  Type type = Type::whole;
  bool any = false;
  for (std::size_t i = first; i < cells.size(); ++i) {
    const std::string& text = cells[i].text;
    if (is_missing(text)) continue;
    any = true;
    if (number<std::int64_t>(text)) continue;
    // A whole number beyond 64 bits is an identifier: as a double it would merge with its neighbours.
    if (is_whole_literal(text) || !number<double>(text)) return Type::text;
    type = Type::real;
  }
  return any ? type : Type::text;
}

struct Values {
  Table table;
  Type type;
};

Values read(const std::filesystem::path& path, const std::string& column, const ReadOptions& options) {
  Table table(path, column, options);
  auto& cells = table.cells();
  Type type = type_of(cells, 0);
  if (column.empty() && type == Type::text && cells.size() > 1 && !is_missing(cells[0].text) && type_of(cells, 1) != Type::text) {
    cells.erase(cells.begin());  // a header
    type = type_of(cells, 0);
  }
  if (cells.empty()) table.fail(0, "at least one line below the header", "none", "write one value per line");
  return {std::move(table), type};
}

std::vector<double> reals(const std::vector<Cell>& cells) {
  std::vector<double> out;
  out.reserve(cells.size());
  for (const Cell& c : cells) out.push_back(is_missing(c.text) ? std::numeric_limits<double>::quiet_NaN() : *number<double>(c.text));
  return out;
}

}  // namespace

Labels csv_labels(const std::filesystem::path& path, const std::string& column, const ReadOptions& options) {
  Values values = read(path, column, options);
  auto& cells = values.table.cells();
  if (values.type == Type::real) return Labels(reals(cells));
  for (const Cell& c : cells)
    if (values.type == Type::whole ? is_missing(c.text) : c.text.empty())
      values.table.fail(c.offset, "a label", c.text.empty() ? "an empty cell" : "'" + c.text + "'",
                        "fill the cell or remove the row (and its sample)");
  if (values.type == Type::whole) {
    std::vector<std::int64_t> out;
    for (const Cell& c : cells) out.push_back(*number<std::int64_t>(c.text));
    return Labels(std::move(out));
  }
  std::vector<std::string> out;
  for (Cell& c : cells) out.push_back(std::move(c.text));
  return Labels(std::move(out));
}

std::vector<double> csv_numbers(const std::filesystem::path& path, const std::string& column, const ReadOptions& options) {
  Values values = read(path, column, options);
  const auto& cells = values.table.cells();
  if (values.type == Type::text) {
    const auto bad = std::find_if(cells.begin(), cells.end(), [](const Cell& c) { return is_missing(c.text) || !number<double>(c.text); });
    const Cell& cell = bad == cells.end() ? cells.front() : *bad;
    values.table.fail(cell.offset, "numbers", "'" + printable(cell.text) + "'", "use a column of numbers");
  }
  return reals(cells);
}

}  // namespace entrospect::io
