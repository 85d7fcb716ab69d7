#pragma once
// Texts from files in messages: hostile names must not break a line, move a cursor or fill a screen.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace entrospect::io {

bool is_utf8(std::string_view text);

// Control characters and bytes that are not UTF-8 as \xNN; cut after 200 bytes.
std::string printable(std::string_view text);

std::string shape_text(std::span<const std::uint64_t> shape);  // "(4096, 768)", "(10,)", "()"
std::string lower(std::string_view text);                      // ASCII letters

}  // namespace entrospect::io
