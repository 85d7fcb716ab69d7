#pragma once
// The stable C structures of DLPack (https://dmlc.github.io/dlpack), declared here from the published layout so that no header is needed to
// build. tests/bindings/dlpack_test.cpp compares them with the official header where it is installed.

#include <cstdint>

namespace entrospect::dlpack {

enum DeviceType : std::int32_t { cpu = 1, cuda_host = 3, rocm_host = 11 };  // memory that the host can read
enum TypeCode : std::uint8_t { integer = 0, unsigned_integer = 1, floating = 2, bfloat = 4, complex = 5, boolean = 6 };
enum Flag : std::uint64_t { read_only = 1, is_copied = 2 };

struct Device {
  std::int32_t type;
  std::int32_t id;
};

struct DataType {
  std::uint8_t code;
  std::uint8_t bits;
  std::uint16_t lanes;
};

struct Tensor {
  void* data;
  Device device;
  std::int32_t ndim;
  DataType dtype;
  std::int64_t* shape;
  std::int64_t* strides;  // in elements; null: packed, row-major
  std::uint64_t byte_offset;
};

// Capsule name "dltensor".
struct ManagedTensor {
  Tensor tensor;
  void* context;
  void (*deleter)(ManagedTensor* self);
};

// Capsule name "dltensor_versioned". A different major version means a different layout after `deleter`.
struct ManagedTensorVersioned {
  std::uint32_t major, minor;
  void* context;
  void (*deleter)(ManagedTensorVersioned* self);
  std::uint64_t flags;
  Tensor tensor;
};

}  // namespace entrospect::dlpack
