// Tensors of three and more axes as matrices: every way against the definition, in both orders, streamed and in memory.
#include "bindings/io_files.hpp"
#include "entrospect/core/errors.hpp"

namespace entrospect::io::test {
namespace {

using Unfolded = FilesTest;

ReadOptions as(const std::string& how) {
  ReadOptions options;
  options.unfold = unfold_from(how);
  return options;
}

// The element [i][j][k][l] of 2 x 3 x 2 x 4 is 1000 i + 100 j + 10 k + l.
float element(std::size_t i, std::size_t j, std::size_t k, std::size_t l) { return static_cast<float>(1000 * i + 100 * j + 10 * k + l); }
std::string four_axes(bool fortran) {
  std::vector<float> data(48);
  for (std::size_t i = 0; i < 2; ++i)
    for (std::size_t j = 0; j < 3; ++j)
      for (std::size_t k = 0; k < 2; ++k)
        for (std::size_t l = 0; l < 4; ++l)
          data[fortran ? i + 2 * (j + 3 * (k + 2 * l)) : ((i * 3 + j) * 2 + k) * 4 + l] = element(i, j, k, l);
  return npy("<f4", "(2, 3, 2, 4)", raw(data), fortran);
}

TEST_F(Unfolded, FollowsTheDefinition) {
  std::vector<double> tokens, pixels, images;
  std::vector<std::vector<double>> matrices(6);
  for (std::size_t i = 0; i < 2; ++i)
    for (std::size_t j = 0; j < 3; ++j)
      for (std::size_t k = 0; k < 2; ++k)
        for (std::size_t l = 0; l < 4; ++l) {
          tokens.push_back(element(i, j, k, l));
          matrices[i * 3 + j].push_back(element(i, j, k, l));
        }
  images = tokens;
  for (std::size_t i = 0; i < 2; ++i)
    for (std::size_t k = 0; k < 2; ++k)
      for (std::size_t l = 0; l < 4; ++l)
        for (std::size_t j = 0; j < 3; ++j) pixels.push_back(element(i, j, k, l));
  using Shape = std::vector<std::uint64_t>;
  for (const bool fortran : {false, true}) {
    const auto path = write("a.npy", four_axes(fortran));
    for (const bool in_memory : {false, true}) {
      const auto check = [&](const std::string& how, const Shape& shape, const std::vector<double>& expected) {
        const auto file = open(path, as(how));
        ASSERT_EQ(file->tensors().size(), 1U) << how;
        EXPECT_EQ(file->tensors()[0].name, "a");
        EXPECT_EQ(file->tensors()[0].shape, shape) << how;
        EXPECT_EQ(file->tensors()[0].problem, "");
        EXPECT_EQ(values(file->samples(0, in_memory)), expected) << how << (fortran ? ", Fortran order" : "");
      };
      check("tokens", {12, 4}, tokens);
      check("pixels", {16, 3}, pixels);
      check("images", {2, 24}, images);
      const auto file = open(path, as("matrices"));
      ASSERT_EQ(file->tensors().size(), 6U);
      for (std::size_t m = 0; m < 6; ++m) {
        const TensorInfo& info = file->tensors()[m];
        EXPECT_EQ(info.name, "a[" + std::to_string(m / 3) + "," + std::to_string(m % 3) + "]");
        EXPECT_EQ(info.whole, "a");
        EXPECT_EQ(info.index, (Shape{m / 3, m % 3}));
        EXPECT_EQ(info.shape, (Shape{2, 4}));
        const SampleMatrix x = file->samples(m, in_memory);
        EXPECT_EQ(x.streamed(), !in_memory && !fortran);
        EXPECT_EQ(values(x), matrices[m]);
      }
      EXPECT_NE(file->content_hash(0), file->content_hash(1));
    }
  }
}

TEST_F(Unfolded, LeavesOtherTensorsAlone) {
  const std::string header = "{" + entry("ids", "I32", "[1,2,2]", 0, 16) + "," + entry("table", "F32", "[2,2]", 16, 32) + "," +
                             entry("y", "F32", "[2]", 32, 40) + "}";
  const auto file = open(write("a.safetensors", safetensors(header, zeros(40))), as("matrices"));
  ASSERT_EQ(file->tensors().size(), 3U);
  EXPECT_EQ(file->tensors()[0].shape.size(), 3U);
  EXPECT_NE(file->tensors()[0].problem, "");
  EXPECT_EQ(file->tensors()[1].problem, "");
  EXPECT_TRUE(file->tensors()[1].index.empty());
  EXPECT_EQ(file->labels(2).n(), 2U);
}

TEST_F(Unfolded, TheRemedyIsNamed) {
  const auto path = write("a.npy", four_axes(false));
  EXPECT_NE(open(path)->tensors()[0].problem.find("--unfold tokens, pixels, images or matrices"), std::string::npos);
  EXPECT_THROW((void)open(path)->samples(0, false), FileError);
  EXPECT_THROW((void)unfold_from("heads"), InvalidArgument);
}

// A header may promise any number of empty or tiny matrices: the list of tensors stays small.
TEST_F(Unfolded, ManyMatricesAreRefused) {
  const auto many = open(write("m.npy", npy("<f4", "(70000, 1, 1)", zeros(280000))), as("matrices"));
  ASSERT_EQ(many->tensors().size(), 1U);
  EXPECT_NE(many->tensors()[0].problem.find("1 to 65536 matrices"), std::string::npos);
  EXPECT_THROW((void)many->samples(0, false), FileError);
  const auto none = open(write("n.npy", npy("<f4", "(1000000000000, 0, 5)", "")), as("matrices"));
  ASSERT_EQ(none->tensors().size(), 1U);
  EXPECT_NE(none->tensors()[0].problem, "");
}

TEST_F(Unfolded, MemoryIsLimited) {
  ReadOptions options = as("pixels");  // needs the whole and a copy
  options.memory_limit = 300;
  EXPECT_THROW((void)open(write("a.npy", four_axes(false)), options)->samples(0, false), FileError);
  options.memory_limit = 400;
  EXPECT_EQ(open(folder_ / "a.npy", options)->samples(0, false).n(), 16U);
}

}  // namespace
}  // namespace entrospect::io::test
