#pragma once
// Element types as the formats store them, and their values.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "entrospect/bindings/io/tensors.hpp"
#include "entrospect/core/dtype.hpp"

namespace entrospect::io {

struct Element {
  enum class Kind : std::uint8_t { unknown, boolean, integer, natural, floating, brain, bytes, text };
  Kind kind = Kind::unknown;
  std::uint64_t size = 0;  // bytes of one element; 0 when unknown. `text` is UTF-32, 4 bytes a character

  [[nodiscard]] std::optional<DType> dtype() const;  // when elements can be samples
  [[nodiscard]] std::uint64_t unit() const;          // bytes that change places when the byte order is swapped
  [[nodiscard]] bool is_text() const { return kind == Kind::bytes || kind == Kind::text; }
};

// The spellings of safetensors ("BF16") and of the `descr` of .npy files ("<f4", "|u1", "bfloat16"; `swapped` is set for big-endian).
Element safetensors_element(std::string_view dtype);
Element npy_element(std::string_view descr, bool& swapped);

// Product of the dimensions times `element_size`; nothing when it exceeds 2^63 - 1 bytes, zeros among the dimensions not helping.
std::optional<std::uint64_t> checked_bytes(std::span<const std::uint64_t> shape, std::uint64_t element_size);

void swap_bytes(std::span<std::byte> data, std::uint64_t unit);

// `count` elements in the byte order of this machine. `where` says for messages where the first one lies.
Labels to_labels(const std::byte* data, std::size_t count, Element element, const FileError::Where& where);
std::vector<double> to_numbers(const std::byte* data, std::size_t count, Element element, const FileError::Where& where);

}  // namespace entrospect::io
