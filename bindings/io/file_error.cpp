#include "entrospect/bindings/io/detail/text.hpp"
#include "entrospect/bindings/io/tensors.hpp"

namespace entrospect::io {
namespace {

std::string summary_text(const std::string& expected, const std::string& found, const std::string& remedy) {
  return "expected " + expected + ", found " + found + ". Fix: " + remedy;
}

std::string message(const FileError::Where& where, const std::string& summary) {
  std::string out = printable(where.file.string());
  if (!where.tensor.empty()) out += ", tensor '" + printable(where.tensor) + "'";
  return out + ", byte " + std::to_string(where.offset) + ": " + summary;
}

}  // namespace

FileError::FileError(Where where, const std::string& expected, const std::string& found, const std::string& remedy)
    : std::runtime_error(message(where, summary_text(expected, found, remedy))),
      where_(std::move(where)),
      summary_(summary_text(expected, found, remedy)) {}

}  // namespace entrospect::io
