#include "entrospect/core/dtype.hpp"

namespace entrospect {

std::size_t size_of(DType type) {
  switch (type) {
    case DType::f16:
    case DType::bf16:
      return 2;
    case DType::f32:
      return 4;
    case DType::f64:
      break;
  }
  return 8;
}

std::string_view name(DType type) {
  switch (type) {
    case DType::f16:
      return "f16";
    case DType::bf16:
      return "bf16";
    case DType::f32:
      return "f32";
    case DType::f64:
      break;
  }
  return "f64";
}

double machine_epsilon(DType type) {
  switch (type) {
    case DType::f16:
      return 0x1p-10;
    case DType::bf16:
      return 0x1p-7;
    case DType::f32:
      return 0x1p-23;
    case DType::f64:
      break;
  }
  return 0x1p-52;
}

}  // namespace entrospect
