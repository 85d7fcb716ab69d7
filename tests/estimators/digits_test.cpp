// Anchors on scikit-learn's digits, 1797 x 64 (tests/data/make_digits.py).
#include <fstream>

#include "estimators/support.hpp"

namespace entrospect::testing {
namespace {

constexpr std::size_t kRows = 1797, kPixels = 64;

struct Digits {
  Data x{kRows, kPixels};
  std::vector<std::int64_t> labels;
  Digits() {
    std::ifstream file(ENTROSPECT_TEST_DATA "/digits.u8", std::ios::binary);
    std::vector<char> bytes((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
    if (bytes.size() != kRows * (kPixels + 1)) throw std::runtime_error("tests/data/digits.u8 is missing or of the wrong size");
    for (std::size_t i = 0; i < kRows * kPixels; ++i) x.values[i] = static_cast<unsigned char>(bytes[i]);
    for (std::size_t i = kRows * kPixels; i < bytes.size(); ++i) labels.push_back(bytes[i]);
  }
  [[nodiscard]] SampleMatrix of_class(std::int64_t label) const {
    std::vector<std::size_t> rows;
    for (std::size_t i = 0; i < kRows; ++i)
      if (labels[i] == label) rows.push_back(i);
    return x.view().select(rows);
  }
};

const Digits& digits() {
  static const Digits data;
  return data;
}

// Anchors are printed with 5 or 6 digits after the point.
void expect(const Estimate& e, double anchor, double half_digit = 6e-6) {
  EXPECT_NEAR(e.value, anchor, half_digit) << e.explain();
  EXPECT_TRUE(e.ok());
}

TEST(Digits, SpectralAnchors) {
  const Data& x = digits().x;
  expect(von_neumann_entropy(x), 1.542788, 6e-7);
  expect(vendi_score(x), 4.67761);
  expect(vendi_score(x, {.order = 2}), 2.06410);
  expect(vendi_score(x, {.order = kInf}), 1.44806);
  expect(effective_rank(x, {.normalize = Normalize::l2}), 20.74221);
  expect(effective_rank(x, {.compat = "diff-erank"}), 20.74221);
  expect(rankme(x), 29.62909);
  expect(effective_rank(x), 20.55325);
  expect(effective_rank(x, {.order = 2}), 13.16851);
  expect(effective_rank(x, {.order = kInf}), 6.71565);
  expect(participation_ratio(x), 13.16851);
  expect(stable_rank(x, {.convention = "centered"}), 6.71565);
  const auto in_mnn = [&](MatrixNorm norm) { return nuclear_norm(x, {.norm = norm, .center = true, .normalize = Normalize::l2}); };
  expect(in_mnn(MatrixNorm::l12), 286.5446, 6e-5);
  expect(in_mnn(MatrixNorm::nuclear), 236.1073, 6e-5);
  EXPECT_EQ(nuclear_norm(x, {.compat = "mnn"}).value, in_mnn(MatrixNorm::l12).value / kRows);
  expect(vendi_score(digits().of_class(0)), 1.83957);
  expect(vendi_score(digits().of_class(1)), 2.70179);
}

TEST(Digits, DiffusionAnchors) {
  const std::vector<double> times{1, 2, 3, 5};
  struct Row {
    double anisotropy, sigma;
    std::vector<double> bits;
  };
  const std::vector<Row> table{{0, 20, {8.37268, 3.71686, 1.77097, .42544}},
                               {0, 10, {10.45201, 9.79900, 9.14069, 8.03113}},
                               {0, 40, {4.14417, .41310, .04735, .00072}},
                               {.5, 20, {8.38842, 3.88331, 1.89254, .46004}}};
  Memo memo;
  Context context;
  context.memo = &memo;
  for (const Row& row : table)
    for (std::size_t i = 0; i < times.size(); ++i)
      expect(diffusion_spectral_entropy(
                 digits().x, {.t = times[i], .anisotropy = row.anisotropy, .kernel = {KernelKind::gaussian, row.sigma}, .unit = Unit::bits},
                 context),
             row.bits[i]);
}

// The classes are real: far above what permuted labels give.
TEST(Digits, LabelsAreInformative) {
  std::vector<std::size_t> some;
  std::vector<std::int64_t> labels;
  for (std::size_t i = 0; i < 300; ++i) {
    some.push_back(i);
    labels.push_back(digits().labels[i]);
  }
  const Estimate e = diffusion_spectral_mutual_information(digits().x.view().select(some), Labels(labels),
                                                           {.t = 2, .null = PermutationNull::permutation, .n_null = 19});
  EXPECT_EQ(number(e, "p_value"), 0.05);
  EXPECT_GT(e.value, number(e, "null_mean") + 5 * number(e, "null_sd"));
}

}  // namespace
}  // namespace entrospect::testing
