#include <clocale>
#include <cmath>

#include "bindings/io_files.hpp"

namespace entrospect::io::test {
namespace {

using LabelFiles = FilesTest;
using Texts = std::vector<std::string>;

class Csv : public FilesTest {
 protected:
  [[nodiscard]] Labels labels(const std::string& text, const std::string& column = {}, const std::string& name = "y.csv") const {
    return open_labels(write(name, text).string() + (column.empty() ? "" : ":" + column));
  }
  [[nodiscard]] ::testing::AssertionResult refused(const std::string& text, const std::string& column, std::uint64_t offset,
                                                   const std::string& expected, const std::string& found,
                                                   const std::string& remedy = {}) const {
    return refuses([&] { (void)labels(text, column); }, folder_ / "y.csv", offset, expected, found, remedy);
  }
};

TEST_F(Csv, WholeNumbers) {
  const Labels y = labels("3\n-1\n3\n");
  EXPECT_EQ(y.n(), 3U);
  EXPECT_EQ(y.classes().names, (Texts{"-1", "3"}));
  EXPECT_EQ(labels("3\r\n+1\r\n").classes().names, (Texts{"1", "3"}));
  EXPECT_EQ(labels(" 3 \n\"1\"").classes().names, (Texts{"1", "3"}));
  EXPECT_EQ(labels("\xEF\xBB\xBF"
                   "3\n1")
                .n(),
            2U);
}

TEST_F(Csv, HeaderOfANumericColumn) {
  EXPECT_EQ(labels("label\n3\n1\n").n(), 2U);
  EXPECT_EQ(*labels("y\n0.5\n1e-3\n").reals(), (std::vector<double>{0.5, 0.001}));
  EXPECT_EQ(labels("cat\ndog\n").n(), 2U);  // texts have no header unless the column is named
  EXPECT_EQ(labels("pet\ncat\ndog\n", "pet").classes().names, (Texts{"cat", "dog"}));
}

TEST_F(Csv, RealsAndMissingValues) {
  const Labels y = labels("1\n2.5\n-inf\n.5");
  EXPECT_EQ(*y.reals(), (std::vector<double>{1, 2.5, -INFINITY, 0.5}));
  const Labels gaps = labels("v\n1.5\nNaN\nNA\nn/a\nnull\n\n2\n", "v");
  ASSERT_NE(gaps.reals(), nullptr);
  EXPECT_EQ(gaps.n(), 7U);
  for (const std::size_t i : {1U, 2U, 3U, 4U, 5U}) EXPECT_TRUE(std::isnan((*gaps.reals())[i])) << i;
}

TEST_F(Csv, CommaIsNeverADecimalPoint) {
  if (std::setlocale(LC_ALL, "de_DE.UTF-8") == nullptr) (void)std::setlocale(LC_ALL, "C.UTF-8");
  EXPECT_EQ(*labels("0.5\n1.25\n").reals(), (std::vector<double>{0.5, 1.25}));
  (void)std::setlocale(LC_ALL, "C");
}

TEST_F(Csv, IdentifiersBeyond64BitsStayTexts) {
  EXPECT_EQ(labels("18446744073709551616\n18446744073709551617\n18446744073709551616\n").classes().names,
            (Texts{"18446744073709551616", "18446744073709551617"}));
}

TEST_F(Csv, NamedColumns) {
  const std::string table = "id,\"the, label\",weight\n1,a,0.5\n2,\"say \"\"b\"\"\",1\n3,\"two\nlines\",2\n";
  EXPECT_EQ(labels(table, "the, label").classes().names, (Texts{"a", "say \"b\"", "two\nlines"}));
  EXPECT_EQ(labels(table, "id").classes().names, (Texts{"1", "2", "3"}));
  EXPECT_EQ(open_numbers((folder_ / "y.csv").string() + ":weight"), (std::vector<double>{0.5, 1, 2}));
  EXPECT_EQ(labels("a\tb\n1\t2,5\n3\tx\n", "b", "y.tsv").classes().names, (Texts{"2,5", "x"}));
  EXPECT_EQ(labels("a,b\n1,\n2,\n3,x", "a").n(), 3U);
}

TEST_F(Csv, WhichColumnMustBeClear) {
  EXPECT_TRUE(refused("a,b\n1,2\n", "", 0, "one column, or the name of one", "2 columns: a, b", ":NAME"));
  EXPECT_TRUE(refused("a,b\n1,2\n", "c", 0, "the column 'c'", "these: a, b"));
  EXPECT_TRUE(refused("a,a\n1,2\n", "a", 0, "the column 'a' once", "again"));
  EXPECT_TRUE(refused("a\n", "a", 0, "at least one line below the header", "none"));
}

TEST_F(Csv, BrokenTables) {
  EXPECT_TRUE(refused("", "", 0, "at least one line", "an empty file"));
  EXPECT_TRUE(refused("\n\r\n", "", 0, "at least one line", "an empty file"));
  EXPECT_TRUE(refused("a,b\n1,2\n3\n", "a", 8, "2 columns", "1 in line 3", "quotes"));
  EXPECT_TRUE(refused("a,b\n1,2,3\n", "a", 4, "2 columns", "3 in line 2"));
  EXPECT_TRUE(refused("1\n\n2\n", "", 2, "a label", "an empty cell in line 2", "fill the cell"));
  EXPECT_TRUE(refused("1\nNA\n2\n", "", 2, "a label", "'NA' in line 2"));
  EXPECT_TRUE(refused("a\nx\n\ny\n", "a", 4, "a label", "an empty cell in line 3"));
  EXPECT_TRUE(refused("a\n\"x\n", "a", 2, "a closing quote", "none in line 2"));
  EXPECT_TRUE(refused("a\n\"x\"y\n", "a", 5, "a separator", "'y' in line 2"));
  EXPECT_TRUE(refused(std::string("1\n\0\n", 4), "", 2, "text", "a zero byte in line 2"));
  EXPECT_TRUE(refused("caf\xE9\n", "", 0, "UTF-8", "not", "iconv"));
  EXPECT_TRUE(
      refuses([&] { (void)open_numbers(write("y.csv", "1\nx\n").string()); }, folder_ / "y.csv", 2, "numbers", "'x' in line 2", "numbers"));
  EXPECT_TRUE(refuses([&] { (void)open_labels(write("y.csv", "1\n2\n").string(), {.lenient = false, .dtype = {}, .memory_limit = 10}); },
                      folder_ / "y.csv", 0, "at most 10 bytes in memory", "bytes", "memory limit"));
}

TEST_F(LabelFiles, TensorsAsLabels) {
  const auto path = write("y.npy", npy("<i8", "(3,)", raw<std::int64_t>({1, 2, 1}))).string();
  EXPECT_EQ(open_labels(path).classes().names, (Texts{"1", "2"}));
  EXPECT_EQ(open_numbers(path), (std::vector<double>{1, 2, 1}));
  const auto tensors =
      write("t.safetensors",
            safetensors("{" + entry("x", "F32", "[1,2]", 0, 8) + "," + entry("y", "U8", "[2]", 8, 10) + "}", zeros(8) + "\x07\x09"))
          .string();
  EXPECT_EQ(open_labels(tensors).classes().names, (Texts{"7", "9"}));  // the only one with one value per row
  EXPECT_EQ(open_labels(tensors + ":y").classes().names, (Texts{"7", "9"}));
  EXPECT_TRUE(refuses([&] { (void)open_labels(tensors + ":z"); }, tensors, 0, "the tensor 'z'", "these: y", ":NAME"));
  const auto two =
      write("2.safetensors", safetensors("{" + entry("a", "U8", "[1]", 0, 1) + "," + entry("b", "U8", "[1]", 1, 2) + "}", "12")).string();
  EXPECT_TRUE(refuses([&] { (void)open_labels(two); }, two, 0, "one tensor with one value per row", "these: a, b", ":NAME"));
  EXPECT_TRUE(refuses([&] { (void)open_labels(write("y.pt", "x").string()); }, folder_ / "y.pt", 0, "a .npy", ".pt", "weights_only"));
}

TEST_F(LabelFiles, AColonInTheFileName) {
  const auto path = write("a:b.npy", npy("<i8", "(1,)", raw<std::int64_t>({4}))).string();
  EXPECT_EQ(open_labels(path).classes().names, Texts{"4"});
  EXPECT_EQ(open_labels(path + ":a:b").n(), 1U);
}

}  // namespace
}  // namespace entrospect::io::test
