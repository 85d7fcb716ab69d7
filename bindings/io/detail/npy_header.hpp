#pragma once
// The header of the .npy format, versions 1 to 3, for .npy files and for the members of .npz archives.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "entrospect/bindings/io/detail/tensor_table.hpp"

namespace entrospect::io {

// Reads the header from `in` and fills `tensor` (but for its name and file, which messages take from there): dtype, shape, order, bytes,
// and the offset of the payload counted from the first byte of `in`. `size` is the number of bytes that header and payload should have
// together. A header that breaks a rule throws FileError; an element type that cannot be read becomes the tensor's fault.
void read_npy_header(Sequence& in, std::uint64_t size, const ReadOptions& options, Stored& tensor);

}  // namespace entrospect::io
