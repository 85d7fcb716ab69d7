#pragma once
// Which file is what, by its name.

#include <filesystem>
#include <string>

namespace entrospect::io {

enum class Format { unknown, npy, npz, safetensors, safetensors_index, csv, refused };

Format format_of(const std::filesystem::path& path);

// How to turn a file of a refused format into one that is read; empty for other formats.
std::string conversion_hint(const std::filesystem::path& path);

}  // namespace entrospect::io
