#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <cstdlib>

#include "entrospect/bindings/cli/render.hpp"
#include "entrospect/bindings/cli/table.hpp"

namespace entrospect::cli {
namespace {

io::ResultRow row(std::optional<double> value, const std::string& status = "ok", const std::string& reason = "") {
  io::ResultRow r;
  r.value = value;
  r.status = status;
  r.reason = reason;
  r.unit = "nats";
  r.n = 100;
  r.d = 8;
  return r;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    lines.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return lines;
}

TEST(Table, ColumnsLineUpAndWideTablesAreCutIntoBlocks) {
  TextTable table({{{"name"}, TextTable::Align::left}, {{"a"}}, {{"bb"}}});
  table.add({{"x"}, {"1.5"}, {"±"}});
  table.add({{"long"}, {"10.25"}, {""}});
  EXPECT_EQ(table.text({}), "name      a  bb\nx       1.5   ±\nlong  10.25\n");
  EXPECT_EQ(table.text({false, 12}), "name      a\nx       1.5\nlong  10.25\n\nname  bb\nx      ±\nlong\n");
}

TEST(Table, ColourOnlyWhereAsked) {
  TextTable table({{{"h"}}});
  table.add({{"v", Ink::red}});
  EXPECT_EQ(table.text({}), "h\nv\n");
  EXPECT_EQ(table.text({true, 80}), "\033[1mh\033[0m\n\033[31mv\033[0m\n");
}

TEST(Wrapped, BreaksAtBlanksAndIndents) {
  const Style narrow{.width = 12};
  EXPECT_EQ(wrapped("one two three four", 2, {}), "one two three four\n");
  EXPECT_EQ(wrapped("  one two three four", 4, narrow), "  one two\n    three\n    four\n");
  EXPECT_EQ(wrapped("name    a-word-that-is-too-long b", 8, narrow), "name    a-word-that-is-too-long\n        b\n");
  EXPECT_EQ(wrapped("", 2, narrow), "\n");
}

TEST(Style, TheWidthCanBeSetFromOutside) {
  const char* before = std::getenv("COLUMNS");
  const std::string kept = before == nullptr ? "" : before;
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe(ends.data()), 0);
  ::setenv("COLUMNS", "60", 1);
  EXPECT_EQ(style_of(ends[1]).width, 60U);
  EXPECT_FALSE(style_of(ends[1]).terminal);
  EXPECT_FALSE(style_of(ends[1]).color);
  ::setenv("COLUMNS", "wide", 1);
  EXPECT_EQ(style_of(ends[1]).width, 0U);
  if (before != nullptr)
    ::setenv("COLUMNS", kept.c_str(), 1);
  else
    ::unsetenv("COLUMNS");
  ::close(ends[0]);
  ::close(ends[1]);
}

TEST(ShortNames, KeepTheDifferingComponents) {
  const auto names = [](std::vector<std::string> paths) { return short_names(paths); };
  EXPECT_EQ(names({"a/e_0/m.safetensors.index.json", "a/e_10/m.safetensors.index.json"}), (std::vector<std::string>{"e_0", "e_10"}));
  EXPECT_EQ(names({"e_0.npz", "e_1.npz"}), (std::vector<std::string>{"e_0", "e_1"}));
  EXPECT_EQ(names({"x/1/a.npz", "y/1/b.npz"}), (std::vector<std::string>{"x/1/a", "y/1/b"}));
  EXPECT_EQ(names({"a.npz", "b/a.npz"}), (std::vector<std::string>{"a", "b/a"}));
  EXPECT_EQ(names({"only/one.npz"}), (std::vector<std::string>{"only/one"}));
}

TEST(Render, OneColumnPerEstimatorWithUnitsAndFootnotes) {
  const auto specs = io::parse_estimators("von_neumann_entropy,effective_rank:order=2");
  const io::ResultRow a = row(1.23456), b = row(12.5), c = row(std::nullopt, "error", "file ends early"),
                      d = row(3.0, "degenerate", "flat");
  const std::vector<ResultLine> lines{{"f.npz", "layers.2", {&a, &b}}, {"f.npz", "layers.10", {&c, &d}}};
  const auto text = lines_of(render_results(lines, specs, {}));
  ASSERT_GE(text.size(), 9U);
  EXPECT_EQ(text[0], "f.npz");
  EXPECT_EQ(text[1], "layer        n  d  von_neumann_entropy  effective_rank");
  EXPECT_EQ(text[2], "                                               order=2");
  EXPECT_EQ(text[3], "                                  nats            nats");
  EXPECT_EQ(text[4], "layers.2   100  8             1.2346          12.500");
  EXPECT_EQ(text[5], "layers.10  100  8              error a         3.000 b");
  EXPECT_EQ(text[7], "  a  error: file ends early");
  EXPECT_EQ(text[8], "  b  degenerate: flat");
}

TEST(Render, CheckpointsGoAcross) {
  const auto specs = io::parse_estimators("rankme");
  const io::ResultRow a = row(1), b = row(2), c = row(3), d = row(4);
  const std::vector<ResultLine> lines{
      {"e_0/m.npz", "l1", {&a}}, {"e_0/m.npz", "l2", {&b}}, {"e_9/m.npz", "l1", {&c}}, {"e_9/m.npz", "l2", {&d}}};
  const auto text = lines_of(render_results(lines, specs, {}));
  EXPECT_EQ(text[0], "rankme [nats]");
  EXPECT_EQ(text[1], "layer    n  d     e_0     e_9");
  EXPECT_EQ(text[2], "l1     100  8  1.0000  3.0000");
  EXPECT_EQ(text[3], "l2     100  8  2.0000  4.0000");
}

TEST(Render, CellsThatWereNotReachedStayEmpty) {
  const auto specs = io::parse_estimators("rankme,effective_rank");
  const io::ResultRow a = row(1);
  const std::vector<ResultLine> lines{{"f", "l1", {&a, nullptr}}, {"f", "l2", {nullptr, nullptr}}};
  const auto text = lines_of(render_results(lines, specs, {}));
  EXPECT_EQ(text[3], "l1     100  8  1.0000");
  EXPECT_EQ(text[4], "l2");
}

TEST(Bytes, ReadWell) {
  EXPECT_EQ(bytes_text(0), "0 B");
  EXPECT_EQ(bytes_text(999), "999 B");
  EXPECT_EQ(bytes_text(1500), "1.5 kB");
  EXPECT_EQ(bytes_text(4e8), "400 MB");
  EXPECT_EQ(bytes_text(8.8e12), "8.8 TB");
}

}  // namespace
}  // namespace entrospect::cli
