#include "entrospect/core/sample_matrix.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "core/samples.hpp"
#include "entrospect/core/errors.hpp"

namespace entrospect {
namespace {

constexpr std::size_t huge = std::numeric_limits<std::size_t>::max();

TEST(SampleMatrix, ShapesThatCannotBeAddressedAreRefused) {
  const double value = 1;
  EXPECT_THROW(SampleMatrix(&value, huge, 2), InvalidArgument);
  EXPECT_THROW(SampleMatrix(&value, std::size_t{1} << 32, std::size_t{1} << 32), InvalidArgument);
  EXPECT_THROW(SampleMatrix(&value, std::size_t{1} << 31, std::size_t{1} << 30), InvalidArgument) << "2^61 values of 8 bytes are 2^64";
  EXPECT_THROW(SampleMatrix(&value, DType::f64, huge, huge, 0, 0), InvalidArgument);
}

TEST(SampleMatrix, StridesThatLeaveTheAddressSpaceAreRefused) {
  const double value = 1;
  constexpr auto largest = std::numeric_limits<std::ptrdiff_t>::max(), smallest = std::numeric_limits<std::ptrdiff_t>::min();
  for (const std::ptrdiff_t stride : {largest, smallest, smallest + 1, largest / 2}) {
    EXPECT_THROW(SampleMatrix(&value, DType::f64, 4, 1, stride, 8), InvalidArgument) << stride;
    EXPECT_THROW(SampleMatrix(&value, DType::f64, 1, 4, 8, stride), InvalidArgument) << stride;
  }
  EXPECT_THROW(SampleMatrix(&value, DType::f64, 2, 2, largest / 2 + 1, largest / 2 + 1), InvalidArgument) << "together too far";
  EXPECT_NO_THROW(SampleMatrix(&value, DType::f64, 1, 1, largest, smallest)) << "strides of one row and one column are never used";
  EXPECT_NO_THROW(SampleMatrix(&value, DType::f64, std::size_t{1} << 40, 1, 0, 8)) << "a broadcast row takes no memory";
}

TEST(SampleMatrix, NoDataIsOnlyAllowedForNoSamples) {
  const double* none = nullptr;
  EXPECT_THROW(SampleMatrix(none, 1, 1), InvalidArgument);
  EXPECT_THROW(SampleMatrix(std::shared_ptr<const RowReader>(), DType::f64, 1, 1), InvalidArgument);
  EXPECT_EQ(SampleMatrix(none, 0, 3).d(), 3U);
  EXPECT_EQ(SampleMatrix(none, 3, 0).n(), 3U);
}

TEST(SampleMatrix, SelectionsCompose) {
  const std::vector<double> x = test::normals(10, 1);
  const SampleMatrix all(x.data(), 5, 2);
  const std::vector<std::uint8_t> mask{0, 1, 1, 0, 1};
  const SampleMatrix masked = all.where(mask);
  EXPECT_EQ(masked.n(), 3U);
  EXPECT_EQ(*masked.selection(), (std::vector<std::size_t>{1, 2, 4}));
  EXPECT_EQ(*masked.select({2, 0, 0}).selection(), (std::vector<std::size_t>{4, 1, 1}));
  EXPECT_THROW((void)masked.select({3}), InvalidArgument);
  EXPECT_THROW((void)masked.where(mask), InvalidArgument) << "the mask has the length of another view";
}

TEST(SampleMatrix, IdentityTellsViewsApart) {
  const std::vector<double> x = test::normals(10, 1);
  const SampleMatrix a(x.data(), 5, 2);
  EXPECT_EQ(a.identity(), SampleMatrix(x.data(), 5, 2).identity());
  EXPECT_EQ(a.select({1, 2}).identity(), a.select({1, 2}).identity()) << "by content, so that two masks of one call share results";
  EXPECT_EQ(a.centered().plain().identity(), a.identity());
  const std::vector<SampleMatrix> different{a,
                                            a.centered(),
                                            a.normalized(Normalize::l2),
                                            a.normalized(Normalize::standardize),
                                            a.centered().normalized(Normalize::l2),
                                            a.select({1, 2}),
                                            a.select({2, 1}),
                                            a.select({}),
                                            SampleMatrix(x.data(), 2, 5),
                                            SampleMatrix(x.data() + 1, 4, 2),
                                            SampleMatrix(x.data(), DType::f64, 5, 2, 16, 0),
                                            SampleMatrix(x.data(), DType::f32, 5, 2, 16, 8),
                                            test::streamed(x, 5, 2),
                                            test::streamed(x, 5, 2),
                                            SampleMatrix(x.data(), DType::f64, 5, 2, 16, 8, std::make_shared<int>(1))};
  for (std::size_t i = 0; i < different.size(); ++i)
    for (std::size_t j = 0; j < i; ++j) EXPECT_NE(different[i].identity(), different[j].identity()) << i << ", " << j;
}

TEST(SampleMatrix, KeepsItsOwnerAlive) {
  auto owner = std::make_shared<std::vector<double>>(6, 1.0);
  const std::weak_ptr<const void> watch = owner;
  {
    const double* data = owner->data();
    const SampleMatrix copy = SampleMatrix(data, DType::f64, 3, 2, 16, 8, std::move(owner)).centered();
    EXPECT_FALSE(watch.expired());
  }
  EXPECT_TRUE(watch.expired());
}

}  // namespace
}  // namespace entrospect
