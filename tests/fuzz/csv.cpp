#include "entrospect/bindings/io/detail/csv.hpp"

#include "exercise.hpp"

using namespace entrospect::io;

// The first byte chooses between a file of one column and the column "a".
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  static fuzz::Input input;
  const auto& path = input.with(data + 1, size - 1);
  const std::string column = data[0] % 2 == 0 ? "" : "a";
  const ReadOptions options{.lenient = false, .dtype = {}, .memory_limit = std::uint64_t{64} << 20};
  fuzz::attempt([&] { (void)csv_labels(path, column, options).n(); });
  fuzz::attempt([&] { (void)csv_numbers(path, column, options); });
  return 0;
}
