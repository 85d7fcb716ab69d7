// Our declaration of DLPack's structures against the official header, where that is installed.
#include "entrospect/bindings/python/dlpack.hpp"

#include <gtest/gtest.h>

#include <cstddef>

#if __has_include(<dlpack/dlpack.h>)
#include <dlpack/dlpack.h>

namespace ours = entrospect::dlpack;

#define EXPECT_SAME_PLACE(theirs, their_member, mine, my_member)        \
  EXPECT_EQ(offsetof(theirs, their_member), offsetof(mine, my_member)); \
  EXPECT_EQ(sizeof(theirs::their_member), sizeof(mine::my_member))

TEST(Dlpack, LayoutIsThatOfTheOfficialHeader) {
  EXPECT_EQ(sizeof(DLTensor), sizeof(ours::Tensor));
  EXPECT_SAME_PLACE(DLTensor, data, ours::Tensor, data);
  EXPECT_EQ(offsetof(DLTensor, ndim), offsetof(ours::Tensor, ndim));
  EXPECT_SAME_PLACE(DLTensor, dtype, ours::Tensor, dtype);
  EXPECT_SAME_PLACE(DLTensor, shape, ours::Tensor, shape);
  EXPECT_SAME_PLACE(DLTensor, strides, ours::Tensor, strides);
  EXPECT_SAME_PLACE(DLTensor, byte_offset, ours::Tensor, byte_offset);
  EXPECT_EQ(sizeof(DLManagedTensor), sizeof(ours::ManagedTensor));
  EXPECT_SAME_PLACE(DLManagedTensor, dl_tensor, ours::ManagedTensor, tensor);
  EXPECT_SAME_PLACE(DLManagedTensor, manager_ctx, ours::ManagedTensor, context);
  EXPECT_SAME_PLACE(DLManagedTensor, deleter, ours::ManagedTensor, deleter);
  EXPECT_SAME_PLACE(DLDataType, code, ours::DataType, code);
  EXPECT_SAME_PLACE(DLDataType, bits, ours::DataType, bits);
  EXPECT_SAME_PLACE(DLDataType, lanes, ours::DataType, lanes);
}

TEST(Dlpack, CodesAreThoseOfTheOfficialHeader) {
  EXPECT_EQ(int{kDLCPU}, ours::cpu);
  EXPECT_EQ(int{kDLCUDAHost}, ours::cuda_host);
  EXPECT_EQ(int{kDLROCMHost}, ours::rocm_host);
  EXPECT_EQ(int{kDLInt}, ours::integer);
  EXPECT_EQ(int{kDLUInt}, ours::unsigned_integer);
  EXPECT_EQ(int{kDLFloat}, ours::floating);
  EXPECT_EQ(int{kDLBfloat}, ours::bfloat);
  EXPECT_EQ(int{kDLComplex}, ours::complex);
}

#if defined(DLPACK_MAJOR_VERSION)
TEST(Dlpack, VersionedLayoutIsThatOfTheOfficialHeader) {
  EXPECT_EQ(sizeof(DLManagedTensorVersioned), sizeof(ours::ManagedTensorVersioned));
  EXPECT_SAME_PLACE(DLManagedTensorVersioned, manager_ctx, ours::ManagedTensorVersioned, context);
  EXPECT_SAME_PLACE(DLManagedTensorVersioned, deleter, ours::ManagedTensorVersioned, deleter);
  EXPECT_SAME_PLACE(DLManagedTensorVersioned, flags, ours::ManagedTensorVersioned, flags);
  EXPECT_SAME_PLACE(DLManagedTensorVersioned, dl_tensor, ours::ManagedTensorVersioned, tensor);
}
#endif
#else
TEST(Dlpack, LayoutIsThatOfTheOfficialHeader) { GTEST_SKIP() << "dlpack/dlpack.h is not installed (libdlpack-dev)"; }
#endif
