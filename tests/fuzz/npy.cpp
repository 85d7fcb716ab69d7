#include "entrospect/bindings/io/detail/npy.hpp"

#include "exercise.hpp"

using namespace entrospect::io;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static fuzz::Input input;
  const auto& path = input.with(data, size);
  fuzz::attempt([&] { fuzz::use(*open_npy(path, {.lenient = false, .dtype = {}, .memory_limit = fuzz::memory_limit})); });
  fuzz::attempt([&] { fuzz::use(*open_npy(path, {.lenient = true, .dtype = "bf16", .memory_limit = fuzz::memory_limit})); });
  return 0;
}
