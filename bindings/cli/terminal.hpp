#pragma once
// Where text goes: results to standard output, everything else to standard error.

#include <cstddef>
#include <string>
#include <string_view>

namespace entrospect::cli {

// How text may look on a stream. Colour only on a terminal, and never with NO_COLOR or TERM=dumb.
struct Style {
  bool color = false;
  std::size_t width = 0;  // columns: COLUMNS where it is set, else those of the terminal; 0: lines may be long
  bool terminal = false;
};
Style style_of(int descriptor);

enum class Ink { plain, bold, dim, red, yellow };
std::string inked(std::string_view text, Ink ink, const Style& style);

// Columns that UTF-8 text takes; every character used here is one column wide.
std::size_t width_of(std::string_view text);
std::string padded(std::string_view text, std::size_t width, bool right);
// `text` broken at blanks into lines of `style.width`, all but the first indented; ends in LF.
std::string wrapped(std::string_view text, std::size_t indent, const Style& style);

// Throw io::OutputError when standard output does not take the text (a full disk).
void print(std::string_view text);
void flush();
// To standard error; failures there have nowhere to be told.
void note(std::string_view text);

std::string bytes_text(double bytes);  // "400 MB", "1.5 GB"; powers of 1000

}  // namespace entrospect::cli
