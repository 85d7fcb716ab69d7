#include "entrospect/bindings/io/detail/safetensors_index.hpp"

#include <fstream>

#include "exercise.hpp"

using namespace entrospect::io;

namespace {

// A folder with two good shards, tensors "a" and "b" in 1.safetensors and "c" in 2.safetensors; the index is the input.
class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "entrospect-fuzz-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) std::abort();
    path_ = name;
    write("1.safetensors",
          shard(R"({"a":{"dtype":"F32","shape":[1,1],"data_offsets":[0,4]},"b":{"dtype":"U8","shape":[2],"data_offsets":[4,6]}})", 6));
    write("2.safetensors", shard(R"({"c":{"dtype":"BF16","shape":[2,2],"data_offsets":[0,8]}})", 8));
  }
  ~Folder() { std::filesystem::remove_all(path_); }

  std::filesystem::path write(const std::string& name, const std::string& bytes) const {
    std::ofstream(path_ / name, std::ios::binary) << bytes;
    return path_ / name;
  }

 private:
  static std::string shard(const std::string& header, std::size_t payload) {
    std::string out(8, '\0');
    out[0] = static_cast<char>(header.size());
    return out + header + std::string(payload, 'x');
  }

  std::filesystem::path path_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Folder folder;
  const auto path = folder.write("m.safetensors.index.json", std::string(reinterpret_cast<const char*>(data), size));
  for (const bool lenient : {false, true})
    fuzz::attempt([&] { fuzz::use(*open_safetensors_index(path, {.lenient = lenient, .dtype = {}, .memory_limit = fuzz::memory_limit})); });
  return 0;
}
