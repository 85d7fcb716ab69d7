// What the fuzzers start from, read once by every build.
#include <gtest/gtest.h>

#include "entrospect/bindings/io/detail/csv.hpp"
#include "entrospect/bindings/io/detail/npy.hpp"
#include "entrospect/bindings/io/detail/npz.hpp"
#include "entrospect/bindings/io/detail/safetensors.hpp"
#include "entrospect/bindings/io/detail/safetensors_index.hpp"
#include "fuzz/exercise.hpp"

namespace entrospect::io {
namespace {

namespace fs = std::filesystem;

template <class Read>
void read_all(const char* reader, const Read& read) {
  std::size_t files = 0;
  for (const auto& entry : fs::directory_iterator(fs::path(ENTROSPECT_TEST_DATA) / "../fuzz/corpus" / reader)) {
    SCOPED_TRACE(entry.path());
    EXPECT_NO_THROW(fuzz::attempt([&] { read(entry.path()); }));  // a FileError of the right form is fine
    ++files;
  }
  EXPECT_GT(files, 2U);
}

const ReadOptions strict{.lenient = false, .dtype = {}, .memory_limit = fuzz::memory_limit};

TEST(Corpus, Npy) {
  read_all("npy", [](const fs::path& path) { fuzz::use(*open_npy(path, strict)); });
}
TEST(Corpus, Npz) {
  read_all("npz", [](const fs::path& path) { fuzz::use(*open_npz(path, strict)); });
}
TEST(Corpus, Safetensors) {
  read_all("safetensors", [](const fs::path& path) { fuzz::use(*open_safetensors(path, strict)); });
}
TEST(Corpus, SafetensorsIndex) {
  read_all("safetensors_index", [](const fs::path& path) { fuzz::use(*open_safetensors_index(path, strict)); });
}
TEST(Corpus, Csv) {
  read_all("csv", [](const fs::path& path) { (void)csv_numbers(path, "", strict); });
}

}  // namespace
}  // namespace entrospect::io
