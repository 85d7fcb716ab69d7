#pragma once
// Text in aligned columns.

#include <string>
#include <vector>

#include "entrospect/bindings/cli/terminal.hpp"

namespace entrospect::cli {

struct TableCell {
  std::string text;
  Ink ink = Ink::plain;
};

// The first column is at the left of every block when the table is wider than the terminal and is cut into blocks of columns.
class TextTable {
 public:
  enum class Align { left, right };
  struct Column {
    std::vector<std::string> heads;  // one per header line
    Align align = Align::right;
  };

  explicit TextTable(std::vector<Column> columns) : columns_(std::move(columns)) {}
  void add(std::vector<TableCell> row) { rows_.push_back(std::move(row)); }  // one cell per column
  [[nodiscard]] std::string text(const Style& style) const;

 private:
  std::vector<Column> columns_;
  std::vector<std::vector<TableCell>> rows_;
};

}  // namespace entrospect::cli
