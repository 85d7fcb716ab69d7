#pragma once
// Files for the tests of the readers, written byte by byte so that every rule can be broken on purpose.

#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

#include "entrospect/bindings/io/tensors.hpp"
#include "entrospect/core/row_loader.hpp"

namespace entrospect::io::test {

namespace fs = std::filesystem;

// A folder of its own for each test, removed afterwards.
class FilesTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "entrospect XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  void TearDown() override { fs::remove_all(folder_); }

  fs::path write(const std::string& name, const std::string& bytes) const {
    const fs::path path = folder_ / name;
    fs::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << bytes;
    return path;
  }

  fs::path folder_;
};

template <class T>
std::string little(T value, std::size_t bytes = sizeof(T)) {
  std::string out;
  for (std::size_t i = 0; i < bytes; ++i) out += static_cast<char>(static_cast<std::uint64_t>(value) >> (8 * i) & 0xFF);
  return out;
}

template <class T>
std::string raw(const std::vector<T>& values) {
  std::string out(values.size() * sizeof(T), '\0');
  if (!values.empty()) std::memcpy(out.data(), values.data(), out.size());
  return out;
}

inline std::string zeros(std::size_t count) { return std::string(count, '\0'); }

// .npy with any header text, any version.
inline std::string npy_text(const std::string& header, const std::string& payload, unsigned major = 1) {
  return "\x93NUMPY" + little<std::uint8_t>(static_cast<std::uint8_t>(major)) + little<std::uint8_t>(0) +
         little<std::uint32_t>(static_cast<std::uint32_t>(header.size()), major == 1 ? 2 : 4) + header + payload;
}
inline std::string npy(const std::string& descr, const std::string& shape, const std::string& payload, bool fortran = false,
                       unsigned major = 1) {
  return npy_text("{'descr': '" + descr + "', 'fortran_order': " + (fortran ? "True" : "False") + ", 'shape': " + shape + ", }\n", payload,
                  major);
}

inline std::string safetensors(const std::string& header, const std::string& payload) {
  return little<std::uint64_t>(header.size()) + header + payload;
}
inline std::string entry(const std::string& name, const std::string& dtype, const std::string& shape, std::uint64_t begin,
                         std::uint64_t end) {
  return "\"" + name + "\":{\"dtype\":\"" + dtype + "\",\"shape\":" + shape + ",\"data_offsets\":[" + std::to_string(begin) + "," +
         std::to_string(end) + "]}";
}

inline std::vector<double> values(const SampleMatrix& x) {
  std::vector<double> out(x.n() * x.d());
  RowLoader(x).load(0, x.n(), out.data(), x.d());
  return out;
}

// That `action` throws FileError for this place, with each part of the message.
[[nodiscard]] inline ::testing::AssertionResult refuses(const std::function<void()>& action, const fs::path& file, std::uint64_t offset,
                                                        const std::string& expected, const std::string& found, const std::string& remedy) {
  try {
    action();
  } catch (const FileError& error) {
    const std::string text = error.what();
    const auto has = [&](const std::string& part) { return text.find(part) != std::string::npos; };
    if (error.where().file != file || !has(file.filename().string()))
      return ::testing::AssertionFailure() << "another file than " << file << ": " << text;
    if (error.where().offset != offset || !has("byte " + std::to_string(offset) + ":"))
      return ::testing::AssertionFailure() << "another offset than " << offset << ": " << text;
    const std::size_t a = text.find("expected "), b = text.find(", found ", a), c = text.find(". Fix: ", b);
    if (a == std::string::npos || b == std::string::npos || c == std::string::npos)
      return ::testing::AssertionFailure() << "not of the form 'expected ..., found .... Fix: ...': " << text;
    if (text.substr(a, b - a).find(expected) == std::string::npos)
      return ::testing::AssertionFailure() << "expectation without '" << expected << "': " << text;
    if (text.substr(b, c - b).find(found) == std::string::npos)
      return ::testing::AssertionFailure() << "finding without '" << found << "': " << text;
    if (text.substr(c).find(remedy) == std::string::npos)
      return ::testing::AssertionFailure() << "remedy without '" << remedy << "': " << text;
    if (text.find('\n') != std::string::npos) return ::testing::AssertionFailure() << "more than one line: " << text;
    return ::testing::AssertionSuccess();
  }
  return ::testing::AssertionFailure() << "nothing was thrown";
}

[[nodiscard]] inline ::testing::AssertionResult refuses_to_open(const fs::path& file, std::uint64_t offset, const std::string& expected,
                                                                const std::string& found, const std::string& remedy,
                                                                const ReadOptions& options = {}) {
  return refuses([&] { (void)open(file, options); }, file, offset, expected, found, remedy);
}

// The file holds 2 x 3 float32 as its last bytes: cut by one value behind an open reader, its last row is refused.
[[nodiscard]] inline ::testing::AssertionResult refuses_once_shrunk(const RowReader& reader, const fs::path& file) {
  const std::uint64_t whole = fs::file_size(file);
  fs::resize_file(file, whole - 4);
  std::vector<std::byte> row(12);
  return refuses([&] { reader.read(1, 1, row.data()); }, file, whole - 12, "unchanged file of " + std::to_string(whole),
                 "now has " + std::to_string(whole - 4), "run again");
}

}  // namespace entrospect::io::test
