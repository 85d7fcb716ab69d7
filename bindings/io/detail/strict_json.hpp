#pragma once
// JSON headers of files, read event by event: no tree is built, so memory stays within a small multiple of the text.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "entrospect/bindings/io/tensors.hpp"

namespace entrospect::io {

using JsonScalar = std::variant<std::nullptr_t, bool, std::uint64_t, std::int64_t, double, std::string>;

std::string describe(const JsonScalar& value);  // "the text 'abc'", "the number -1"

// Where an event happens: the keys that lead there from the root, an empty key for each array; and the offset in the file behind it.
struct JsonPlace {
  std::span<const std::string> path;
  std::uint64_t offset;
};

class JsonEvents {
 public:
  virtual ~JsonEvents() = default;
  virtual void begin(const JsonPlace& place, bool object) = 0;  // an object or an array begins
  virtual void scalar(const JsonPlace& place, const JsonScalar& value) = 0;
  virtual void end(const JsonPlace& place) = 0;  // the object or array at this path is complete
};

// Throws FileError for text that is not UTF-8 JSON, nesting deeper than 16, a key given twice in one object, or anything but spaces after
// the value. `where.offset` is the offset of the text in its file.
void parse_json(std::string_view text, const FileError::Where& where, JsonEvents& events);

}  // namespace entrospect::io
