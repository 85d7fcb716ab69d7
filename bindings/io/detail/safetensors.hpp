#pragma once

#include <cstdint>
#include <vector>

#include "entrospect/bindings/io/detail/tensor_table.hpp"

namespace entrospect::io {

std::unique_ptr<TensorFile> open_safetensors(const std::filesystem::path& path, const ReadOptions& options);

// The tensors that the header of `file` declares, after every rule of the format was checked.
std::vector<Stored> read_safetensors_header(const File& file, const ReadOptions& options);

// The first `length` bytes of a JSON document of `file` at `offset`, which must begin with '{'.
std::string read_json_text(const File& file, std::uint64_t offset, std::uint64_t length, const ReadOptions& options);

}  // namespace entrospect::io
